import { Type } from 'typebox'
import { count, failShare, secret, section } from './schema-parts.ts'

export const pushSection = section(
  {
    channel: Type.Union(
      [Type.Literal('off'), Type.Literal('sandbox'), Type.Literal('webhook'), Type.Literal('services')],
      {
        default: 'off',
        description:
          'off: nothing is said by push; sandbox shows messages instead of sending them; webhook hands them to webhook.url; services sends them through the push services that are set up here',
      },
    ),
    title: Type.String({
      default: '',
      maxLength: 100,
      description: "stands above each text, e.g. the operator's name; empty: the app's own name alone",
    }),
    sandbox_fail_share: failShare,
    per_second: count(100, 'messages a second, at most, through all push services together'),
    connections: count(50, 'messages handed over and not yet answered, at most'),
    answer_ms: count(10_000, 'how long an answer may take', 100),
    fcm: section(
      {
        credentials: secret(
          'key of the service account that sends, as JSON; better in a file, e.g. credentials_file: /run/secrets/fcm.json; empty: nothing is sent through Firebase Cloud Messaging',
        ),
        url: Type.String({
          default: 'https://fcm.googleapis.com',
          description: 'of the service, without a path, e.g. of a proxy before it',
        }),
      },
      'push to Android, and to other apps that are registered there',
    ),
    apns: section(
      {
        key: secret(
          'signing key (.p8, PEM); better in a file, e.g. key_file: /run/secrets/apns.p8; empty: nothing is sent through the Apple Push Notification service',
        ),
        key_id: Type.String({ default: '', pattern: '^[A-Z0-9]*$', description: 'of the key, e.g. ABC123DEFG' }),
        team_id: Type.String({
          default: '',
          pattern: '^[A-Z0-9]*$',
          description: 'whose key it is, e.g. DEF123GHIJ',
        }),
        topic: Type.String({ default: '', description: "the app's bundle id, e.g. com.example.telecom" }),
        url: Type.String({
          default: 'https://api.push.apple.com',
          description: 'of the service; apps under development have https://api.sandbox.push.apple.com',
        }),
      },
      'push to iOS',
    ),
    web: section(
      {
        key: secret(
          'private key of VAPID, e.g. made by npx web-push generate-vapid-keys; empty: nothing is sent to browsers',
        ),
        subject: Type.String({
          default: '',
          description: 'whom push services write to when something is wrong, e.g. mailto:push@example.com',
        }),
        hosts: Type.Array(Type.String({ minLength: 1 }), {
          default: ['fcm.googleapis.com', 'push.services.mozilla.com', 'push.apple.com', 'notify.windows.com'],
          description:
            'push services that are called, with all below them, e.g. push.services.mozilla.com: what a subscription names comes from outside',
        }),
        allow_private: Type.Boolean({
          default: false,
          description: 'also push services on addresses that are not public, and without TLS: for tests',
        }),
      },
      'push to browsers',
    ),
  },
  'outreach by app push',
)
