package km1;

import java.io.IOException;
import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.*;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.*;

/**
 * Flink type of the KM-1 state: a live object on the heap back end, the sparse codec where bytes
 * are needed.
 */
public final class StateType extends TypeInformation<State> {
  @Override
  public boolean isBasicType() {
    return false;
  }

  @Override
  public boolean isTupleType() {
    return false;
  }

  @Override
  public int getArity() {
    return 1;
  }

  @Override
  public int getTotalFields() {
    return 1;
  }

  @Override
  public Class<State> getTypeClass() {
    return State.class;
  }

  @Override
  public boolean isKeyType() {
    return false;
  }

  @Override
  public TypeSerializer<State> createSerializer(SerializerConfig c) {
    return Ser.INSTANCE;
  }

  @Override
  public String toString() {
    return "Km1State";
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof StateType;
  }

  @Override
  public int hashCode() {
    return 1;
  }

  @Override
  public boolean canEqual(Object o) {
    return o instanceof StateType;
  }

  public static final class Ser extends TypeSerializerSingleton<State> {
    static final Ser INSTANCE = new Ser();

    @Override
    public boolean isImmutableType() {
      return false;
    }

    @Override
    public State createInstance() {
      return new State();
    }

    @Override
    public State copy(State s) {
      return s.copy();
    }

    @Override
    public State copy(State s, State reuse) {
      return s.copy();
    }

    @Override
    public int getLength() {
      return -1;
    }

    @Override
    public void serialize(State s, DataOutputView out) throws IOException {
      byte[] b = s.encode();
      out.writeInt(b.length);
      out.write(b);
    }

    @Override
    public State deserialize(DataInputView in) throws IOException {
      byte[] b = new byte[in.readInt()];
      in.readFully(b);
      return State.decode(b);
    }

    @Override
    public State deserialize(State reuse, DataInputView in) throws IOException {
      return deserialize(in);
    }

    @Override
    public void copy(DataInputView in, DataOutputView out) throws IOException {
      int n = in.readInt();
      out.writeInt(n);
      out.write(in, n);
    }

    @Override
    public TypeSerializerSnapshot<State> snapshotConfiguration() {
      return new Snapshot();
    }

    public static final class Snapshot extends SimpleTypeSerializerSnapshot<State> {
      public Snapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
