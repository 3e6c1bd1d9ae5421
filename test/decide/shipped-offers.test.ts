import { expect, it } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { shippedFiles } from '../rules/catalogue-files.ts'
import { play } from './timeline.ts'

/** The two lists of the shipped catalogue, mapped: which offer of a rule somebody gets. */
it.each`
  rule                         | segments                              | products             | gets
  ${'spending-drop'}           | ${'value:high-value'}                 | ${''}                | ${'contract-credit'}
  ${'spending-drop'}           | ${'value:low-value'}                  | ${''}                | ${'data-gift'}
  ${'spending-drop'}           | ${''}                                 | ${''}                | ${'data-gift'}
  ${'heavy-video'}             | ${'value:high-value'}                 | ${''}                | ${'video-membership'}
  ${'heavy-video'}             | ${'value:low-value'}                  | ${''}                | ${'video-pack'}
  ${'heavy-video'}             | ${'value:low-value'}                  | ${'video-pack'}      | ${'video-membership'}
  ${'three-months-over-plan'}  | ${'stability-kind:tight'}             | ${''}                | ${'plan-larger'}
  ${'three-months-over-plan'}  | ${'stability-kind:low-frequency'}     | ${''}                | ${'adviser'}
  ${'three-months-under-plan'} | ${'stability-kind:ample'}             | ${''}                | ${'plan-smaller'}
  ${'family-circle'}           | ${'value:mid-value'}                  | ${''}                | ${'family-plan'}
  ${'family-circle'}           | ${'value:low-value'}                  | ${''}                | ${'family-payment'}
  ${'home-moved'}              | ${''}                                 | ${''}                | ${'broadband'}
  ${'home-moved'}              | ${'value:high-value'}                 | ${'broadband-500m'}  | ${'broadband-move'}
  ${'broadband-lag-solved'}    | ${''}                                 | ${'broadband-300m'}  | ${'speed-upgrade'}
  ${'broadband-lag-solved'}    | ${''}                                 | ${'broadband-1000m'} | ${'wifi-improvement'}
  ${'broadband-lag-solved'}    | ${'stability-kind:network-to-repair'} | ${'broadband-300m'}  | ${'wifi-improvement'}
  ${'data-drop'}               | ${'stability-kind:service-to-repair'} | ${''}                | ${'plan-review'}
  ${'dropped-calls'}           | ${'stability-kind:network-to-repair'} | ${''}                | ${'network-apology'}
  ${'vas-ordered'}             | ${''}                                 | ${'rbt'}             | ${undefined}
`('$rule in $segments with $products: $gets', ({ rule, segments, products, gets }) => {
  const { catalogue, problems } = loadCatalogue(shippedFiles())
  expect(problems?.map(String) ?? []).toEqual([])
  const found = catalogue?.ruleset.rules.find(({ id }) => id === rule)
  if (!catalogue || !found) throw new Error(`no rule ${rule}`)
  const { commands } = play(
    `
    03-02 12:00  profile sms/marketing=granted sms/care=granted products=${products}
    03-02 12:01  moment a rule=${rule} purpose=${found.purpose} offers=${found.offers.join(',')} segments=${segments}  ${gets ? 'command a' : 'suppressed a ineligible'}
    `,
    { catalogue },
  )
  expect(commands[0]?.offer).toBe(gets)
})
