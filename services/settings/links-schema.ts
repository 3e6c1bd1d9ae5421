import { Type } from 'typebox'
import { section } from './schema-parts.ts'

export const linksSection = section(
  {
    url: Type.String({
      default: '',
      maxLength: 29,
      description:
        'under which subscribers reach the /l/ of deliver from outside, e.g. https://go.example.com; empty: links are sent as offers have them, and nobody knows who opens them',
    }),
    lifetime_days: Type.Integer({
      minimum: 1,
      maximum: 400,
      default: 30,
      description: 'how long a link leads somewhere after its message was sent',
    }),
  },
  'links in messages that report who opens them',
)
