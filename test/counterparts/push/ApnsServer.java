import com.eatthepath.pushy.apns.auth.ApnsVerificationKey;
import com.eatthepath.pushy.apns.server.*;
import io.netty.buffer.ByteBuf;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.*;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;

/**
 * APNs as pushy's own mock server has it (not written by us): HTTP/2 over TLS, ES256 provider tokens and their age, topics, device
 * tokens, priorities, collapse ids, the size of payloads. Arguments: port, certificate, its key, the public signing key,
 * team, key id, topic. Devices 0 to 9999 are registered, their tokens are their numbers in 64 hex digits.
 *
 * Prints a line of JSON for each notification. Reads lines: `accept`, `refuse`, `throttle`, `hold` (takes, and answers
 * nothing until another mode), `fail` (takes, and says 503), `gone TOKEN MILLISECONDS`, `renew-less` (provider tokens count as too old).
 */
public class ApnsServer {
  static volatile String mode = "accept";
  static final Object changed = new Object();

  public static void main(String[] args) throws Exception {
    String topic = args[6];
    ApnsVerificationKey key;
    try (InputStream in = new FileInputStream(args[3])) {
      key = ApnsVerificationKey.loadFromInputStream(in, args[4], args[5]);
    }
    Set<String> devices = ConcurrentHashMap.newKeySet();
    for (int i = 0; i < 10_000; i++) devices.add(String.format("%064x", i));
    Map<String, Instant> gone = new ConcurrentHashMap<>();
    MockApnsServer server = new MockApnsServerBuilder()
        // Each connection has a thread of its own: one that is held holds up no other.
        .setEventLoopGroup(new NioEventLoopGroup(512))
        .setServerCredentials(new File(args[1]), new File(args[2]), null)
        .setHandlerFactory(session -> {
          PushNotificationHandler strict = new ValidatingPushNotificationHandlerFactory(
              Map.of(topic, devices), gone, Map.of(args[5], key), Map.of(key, Set.of(topic))).buildHandler(session);
          return (headers, payload) -> {
            asDer(headers);
            strict.handlePushNotification(headers, payload);
            asToldTo(headers, payload);
          };
        })
        .setListener(new MockApnsServerListener() {
          public void handlePushNotificationAccepted(Http2Headers headers, ByteBuf payload) {
            print("accepted", headers, payload);
          }
          public void handlePushNotificationRejected(Http2Headers headers, ByteBuf payload, RejectionReason why, Instant since) {
            print(why.name(), headers, payload);
          }
        })
        .build();
    server.start(Integer.parseInt(args[0])).get();
    say("{\"ready\":true}");
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      String[] words = line.split(" ");
      if (words[0].equals("gone")) {
        gone.put(words[1], Instant.ofEpochMilli(Long.parseLong(words[2])));
      } else {
        synchronized (changed) {
          mode = words[0];
          changed.notifyAll();
        }
      }
      say("{\"heard\":\"" + line + "\"}");
    }
    System.exit(0);
  }

  /** What the mode says of a notification that is right. */
  static void asToldTo(Http2Headers headers, ByteBuf payload) throws RejectedNotificationException {
    switch (mode) {
      case "refuse": throw new RejectedNotificationException(RejectionReason.DEVICE_TOKEN_NOT_FOR_TOPIC);
      case "throttle": throw new RejectedNotificationException(RejectionReason.TOO_MANY_REQUESTS);
      case "renew-less": throw new RejectedNotificationException(RejectionReason.EXPIRED_PROVIDER_TOKEN);
      case "fail":
        print("held", headers, payload);
        throw new RejectedNotificationException(RejectionReason.SHUTDOWN);
      case "hold":
        print("held", headers, payload);
        synchronized (changed) {
          while (mode.equals("hold")) {
            try {
              changed.wait();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        }
        throw new RejectedNotificationException(RejectionReason.SHUTDOWN);
      default:
    }
  }

  /** Pushy verifies signatures in DER; RFC 7518, and Apple, have the 64 octets of R and S. Only these are let through, rewritten. */
  static void asDer(Http2Headers headers) throws RejectedNotificationException {
    CharSequence authorization = headers.get("authorization");
    if (authorization == null) return;
    String[] parts = authorization.toString().split("\\.");
    byte[] raw;
    try {
      raw = Base64.getUrlDecoder().decode(parts[2]);
    } catch (RuntimeException e) {
      throw new RejectedNotificationException(RejectionReason.INVALID_PROVIDER_TOKEN);
    }
    if (parts.length != 3 || raw.length != 64) throw new RejectedNotificationException(RejectionReason.INVALID_PROVIDER_TOKEN);
    byte[] r = new BigInteger(1, Arrays.copyOf(raw, 32)).toByteArray();
    byte[] s = new BigInteger(1, Arrays.copyOfRange(raw, 32, 64)).toByteArray();
    ByteArrayOutputStream der = new ByteArrayOutputStream();
    der.write(0x30);
    der.write(4 + r.length + s.length);
    for (byte[] integer : new byte[][] {r, s}) {
      der.write(2);
      der.write(integer.length);
      der.writeBytes(integer);
    }
    String signature = Base64.getUrlEncoder().withoutPadding().encodeToString(der.toByteArray());
    headers.set("authorization", parts[0] + "." + parts[1] + "." + signature);
  }

  static void print(String result, Http2Headers headers, ByteBuf payload) {
    StringJoiner shown = new StringJoiner(",", "{", "}");
    for (Map.Entry<CharSequence, CharSequence> header : headers) {
      if (!header.getKey().toString().equals("authorization")) shown.add("\"" + header.getKey() + "\":\"" + header.getValue() + "\"");
    }
    String body = payload == null ? "null" : payload.toString(StandardCharsets.UTF_8);
    say("{\"result\":\"" + result + "\",\"headers\":" + shown + ",\"body\":" + body + "}");
  }

  static synchronized void say(String line) {
    new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8).println(line);
  }
}
