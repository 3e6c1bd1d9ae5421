import type { Channel } from '../topology.ts'
import type { QuietHours } from './catalogue.ts'
import type { RawPolicy } from './raw.ts'
import type { Subject } from './subject.ts'

const minutesOfDay = 24 * 60

/** The policy's quiet hours from their raw form; what is wrong with them is told to the subject. */
export function checkQuietHours(raw: RawPolicy, subject: Subject): readonly QuietHours[] {
  const windows = raw.quiet_hours.map(({ id, channels, ...hours }, index): QuietHours => {
    const start = subject.wallTime(hours.start, ['quiet_hours', index, 'start'])
    const end = subject.wallTime(hours.end, ['quiet_hours', index, 'end'])
    if (hours.start === hours.end) {
      const message = 'start and end are the same: is it quiet never or always?'
      subject.fault('KM_CATALOGUE_VALUE', message, ['quiet_hours', index])
    }
    return { id, channels, start, end }
  })
  windows.forEach(({ id, channels }, index) => {
    const before = windows.slice(0, index)
    const closed = channels.filter((channel) => {
      const others = quietMinutes(before, channel)
      return (
        others < minutesOfDay && quietMinutes([...before, ...windows.slice(index, index + 1)], channel) === minutesOfDay
      )
    })
    if (closed.length === 0) return
    const message = `with '${id}' it is quiet all day for ${closed.join(', ')}: nothing would ever be sent; leave some time open`
    subject.fault('KM_CATALOGUE_VALUE', message, ['quiet_hours', index])
  })
  return windows
}

/** How many minutes of a day of 24 hours are quiet for the channel. */
function quietMinutes(windows: readonly QuietHours[], channel: Channel): number {
  const quiet = new Set<number>()
  for (const { channels, start, end } of windows) {
    if (!channels.includes(channel)) continue
    const length = (end - start + minutesOfDay) % minutesOfDay
    for (let minute = start; minute < start + length; minute++) quiet.add(minute % minutesOfDay)
  }
  return quiet.size
}
