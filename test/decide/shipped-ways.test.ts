import { expect, it } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { shippedFiles } from '../rules/catalogue-files.ts'
import { play } from './timeline.ts'

const { catalogue } = loadCatalogue(shippedFiles())

/** Segments of the shipped catalogue. */
const high = 'value:high-value'
const low = 'value:low-value'
const falseUser = `${high},user-quality:false-user`
const problemUser = `${high},user-quality:problem-user`

/** Which way the shipped catalogue takes: a message, or a task of which team in which tier. Everything may be sent by SMS. */
it.each`
  rule                   | who                               | segments       | tasks       | goes
  ${'vas-ordered'}       | ${'orders another service'}       | ${high}        | ${'wanted'} | ${'ring-back-tone by sms'}
  ${'tones-heard'}       | ${'calls somebody with a tone'}   | ${high}        | ${'wanted'} | ${'ring-back-tone by sms'}
  ${'tone-silent'}       | ${'has a tone, and no use of it'} | ${high}        | ${'wanted'} | ${'tone-care-call by task to retention, secondary'}
  ${'tone-silent'}       | ${'has a tone, and no use of it'} | ${low}         | ${'wanted'} | ${'tone-care-store by task to stores, secondary'}
  ${'tone-silent'}       | ${'wants no calls'}               | ${high}        | ${'no'}     | ${'consent'}
  ${'tone-cancelled'}    | ${'has given the tone up'}        | ${high}        | ${'wanted'} | ${'tone-care-call by task to retention, secondary'}
  ${'tone-cancelled'}    | ${'has given the tone up'}        | ${low}         | ${'wanted'} | ${'tone-care-store by task to stores, secondary'}
  ${'tone-cancelled'}    | ${'wants no calls'}               | ${low}         | ${'no'}     | ${'consent'}
  ${'tone-silent'}       | ${'is judged false'}              | ${falseUser}   | ${'wanted'} | ${'tone-care-call by task to quality-watch, watch'}
  ${'tone-silent'}       | ${'is judged a problem'}          | ${problemUser} | ${'wanted'} | ${'tone-care-call by task to quality-watch, watch'}
  ${'low-quality-watch'} | ${'is judged false'}              | ${falseUser}   | ${'wanted'} | ${'quality-watch by task to quality-watch, watch'}
  ${'low-quality-watch'} | ${'is judged a problem'}          | ${problemUser} | ${'wanted'} | ${'quality-watch by task to quality-watch, watch'}
`('$rule, who $who, tasks $tasks: $goes', ({ rule, segments, tasks, goes }) => {
  const found = catalogue?.ruleset.rules.find(({ id }) => id === rule)
  if (!catalogue || !found) throw new Error(`no rule ${rule}`)
  const wanted = tasks === 'wanted' ? 'task/marketing=granted task/care=granted' : ''
  const { commands, decisions } = play(
    `
    03-02 12:00  profile sms/marketing=granted sms/care=granted ${wanted}
    03-02 12:01  moment a rule=${rule} purpose=${found.purpose} offers=${found.offers.join(',')} segments=${segments}
    `,
    { catalogue, isSaid: false },
  )
  const ways = commands.map(({ offer, channel, task }) =>
    [`${offer} by ${channel}`, task ? ` to ${task.team}, ${task.tier}` : ''].join(''),
  )
  expect(ways[0] ?? decisions[0]?.code).toBe(goes)
})
