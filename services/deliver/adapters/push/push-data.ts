import type { PushNotification } from './push-provider.ts'

/** What goes to the app beside what is shown: names with a text each. */
export const dataOf = ({ commandId, links }: PushNotification): Readonly<Record<string, string>> => ({
  command_id: commandId,
  ...(links && { opened_url: links.opened, clicked_url: links.clicked }),
})
