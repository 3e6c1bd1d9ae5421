package km1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.Utf8;

/**
 * Confluent wire format (0, int32 schema id, Avro body) as generated specific records read it:
 * field by field. One per thread.
 */
public final class EventCodec {
  private static final Map<Utf8, Integer> APP_INDEX = new HashMap<>();

  static {
    for (int i = 0; i < Km1.APPS.length; i++) APP_INDEX.put(new Utf8(Km1.APPS[i]), i);
  }

  private BinaryDecoder in;
  private BinaryEncoder out;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
  private Utf8 sub = new Utf8(), a = new Utf8(), b = new Utf8();

  public Event decode(byte[] v, Event e) {
    if (v[0] != 0) throw new IllegalArgumentException("magic byte " + v[0]);
    int id = (v[1] & 255) << 24 | (v[2] & 255) << 16 | (v[3] & 255) << 8 | v[4] & 255;
    try {
      BinaryDecoder d = in = DecoderFactory.get().binaryDecoder(v, 5, v.length - 5, in);
      e.source = id - 1;
      e.eventId = d.readLong();
      sub = d.readString(sub);
      e.ts = d.readLong();
      e.producedAt = d.readLong();
      switch (id) {
        case 1 -> {
          e.callType = d.readEnum();
          e.durationSec = d.readInt();
          e.dropped = d.readBoolean();
          e.roaming = d.readBoolean();
          e.international = d.readBoolean();
          a = d.readString(a);
          b = d.readString(b);
          e.balanceAfter = d.readLong();
        }
        case 2 -> {
          e.amount = d.readLong();
          e.channel = d.readEnum();
          e.balanceAfter = d.readLong();
          a = d.readString(a);
        }
        case 3 -> {
          e.category = d.readEnum();
          e.severity = d.readInt();
          a = d.readString(a);
          b = d.readString(b);
        }
        case 4 -> {
          a = d.readString(a);
          e.app = APP_INDEX.get(a);
          e.appClass = d.readEnum();
          e.kb = d.readLong() + d.readInt();
          e.durationSec = d.readInt();
          d.readEnum();
          b = d.readString(b);
        }
        default -> throw new IllegalArgumentException("schema " + id);
      }
    } catch (IOException x) {
      throw new RuntimeException(x);
    }
    return e;
  }

  /** `trigger`: the completing event, null for an absence. */
  public byte[] moment(String subscriber, int rule, long ts, long value, Event trigger) {
    try {
      BinaryEncoder o = start(Km1.MOMENT_SCHEMA);
      o.writeString(subscriber);
      o.writeInt(rule);
      o.writeLong(ts);
      o.writeLong(value);
      o.writeLong(trigger == null ? -1 : trigger.eventId);
      o.writeLong(trigger == null ? 0 : trigger.producedAt);
      o.flush();
      return bytes.toByteArray();
    } catch (IOException x) {
      throw new RuntimeException(x);
    }
  }

  /** Starts a record: the header is written, the returned encoder takes the body. */
  private BinaryEncoder start(int schemaId) {
    bytes.reset();
    bytes.write(0);
    bytes.write(0);
    bytes.write(0);
    bytes.write(0);
    bytes.write(schemaId);
    return out = EncoderFactory.get().directBinaryEncoder(bytes, out);
  }
}
