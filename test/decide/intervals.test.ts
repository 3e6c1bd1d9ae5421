import { describe, expect, it } from 'vitest'
import { play } from './timeline.ts'

const noGaps = { gaps: {} }

describe('do not disturb', () => {
  it('holds between opening and closing, by key, and ends by itself', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:01  open open-issue key=t1 id=o1 longest=3d      recorded o1
      03-02 12:02  open open-issue key=t2 id=o2 longest=1d      recorded o2
      03-02 12:03  moment a                                     suppressed a open-issue until 03-05 12:01
      03-02 12:04  moment b purpose=care                        suppressed b open-issue until 03-05 12:01
      03-02 12:05  moment c purpose=service                     command c
      03-02 12:06  closed open-issue key=t1 id=c1               recorded c1
      03-02 12:07  moment d                                     suppressed d open-issue until 03-03 12:02
      03-03 12:01  moment e                                     suppressed e open-issue until 03-03 12:02
      03-03 12:02  moment f                                     command f
    `,
      { policy: noGaps },
    )
    expect(decisions[2]?.evidence['open-issue.key']).toBe('t1')
  })

  it('is not opened by what was closed before it arrived', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:10  closed open-issue key=t1 id=c1               recorded c1
      03-02 12:11  open open-issue key=t1 id=o1 ago=5m          recorded o1
      03-02 12:12  moment a                                     command a
      03-02 12:13  open open-issue key=t1 id=o2                 recorded o2
      03-02 12:13  closed open-issue key=t1 id=c2               recorded c2
      03-02 12:14  moment b                                     command b
      03-02 12:15  open open-issue key=t1 id=o3                 recorded o3
      03-02 12:16  closed open-issue key=t1 id=c3 ago=5m        recorded c3
      03-02 12:17  moment c                                     suppressed c open-issue until 03-09 12:15
    `,
      { policy: noGaps },
    )
  })

  it('takes an opening that comes after its expiry', () => {
    play(`
      03-02 12:00  profile sms/marketing=granted
      03-04 12:00  open do-not-disturb id=o1 ago=2d             recorded o1
      03-04 12:01  moment a                                     suppressed a do-not-disturb until 03-09 12:00
    `)
  })

  it('stops service too while a call is live', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  open live-call key=k1 id=o1 longest=1h       recorded o1
      03-02 12:02  moment a purpose=service                     suppressed a live-call until 03-02 13:01
      03-02 12:03  moment b purpose=regulatory                  command b
      03-02 12:04  closed live-call key=k1 id=c1                recorded c1
      03-02 12:05  moment c purpose=service                     command c
    `,
      { policy: noGaps },
    )
  })

  it('silences the channels and purposes that it names', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:01  open do-not-disturb key=1 id=o1 channels=ivr,push          recorded o1
      03-02 12:02  moment a                                                   command a
      03-02 12:03  open do-not-disturb key=2 id=o2 purposes=service,care      recorded o2
      03-02 12:04  moment b                                                   command b
      03-02 12:05  moment c purpose=care                                      suppressed c do-not-disturb until 03-09 12:03
      03-02 12:06  moment d purpose=service                                   suppressed d do-not-disturb until 03-09 12:03
    `,
      { policy: noGaps },
    )
  })

  it('lingers after its closing, if there was something to close', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  closed open-issue key=t0 id=c0 lingers=2d               recorded c0
      03-02 12:02  moment a                                                command a
      03-02 12:03  open open-issue key=t1 id=o1 longest=9d                 recorded o1
      03-02 12:04  closed open-issue key=t1 id=c1 lingers=2d               recorded c1
      03-02 12:05  moment b                                                suppressed b open-issue until 03-04 12:04
      03-04 12:04  moment c                                                command c
      03-05 12:00  open open-issue key=t2 id=o2 longest=1d                 recorded o2
      03-06 12:00  closed open-issue key=t2 id=c2 lingers=2d               recorded c2
      03-06 12:01  moment d                                                command d
    `,
      { policy: noGaps },
    )
  })

  it('lingers too where the closing comes before the opening, and ends with what opens anew', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:10  closed open-issue key=t1 id=c1 lingers=2d               recorded c1
      03-02 12:11  open open-issue key=t1 id=o1 ago=5m                     recorded o1
      03-02 12:12  moment a                                                suppressed a open-issue until 03-04 12:10
      03-03 12:00  open open-issue key=t1 id=o2 longest=9d                 recorded o2
      03-03 12:01  moment b                                                suppressed b open-issue until 03-12 12:00
      03-03 12:02  closed open-issue key=t1 id=c2                          recorded c2
      03-03 12:03  moment c                                                command c
    `,
      { policy: noGaps },
    )
  })
})
