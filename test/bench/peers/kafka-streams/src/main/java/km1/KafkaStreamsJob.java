package km1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static km1.Km1.GRACE;
import static km1.Km1.TOPICS;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * KM-1 on Kafka Streams (Processor API): one processor over the four topics with a store of states
 * and one of timers, changelogs on. Records are merged by time, as Kafka Streams does by itself.
 *
 * <p>broker=… records=N prefix=… out=TOPIC folder=… application=ID store=rocksdb|memory
 * guarantee=at-least-once|exactly-once [cache=yes] [threads=2] [live=yes: until it is told to end]
 */
public final class KafkaStreamsJob {
  private static Course course;
  private static final AtomicLong stateBytes = new AtomicLong();
  private static final CountDownLatch done = new CountDownLatch(1);

  private static final class Detect implements Processor<String, byte[], String, byte[]> {
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, byte[]> states;
    private KeyValueStore<Bytes, byte[]> timers;
    private final EventCodec codec = new EventCodec();
    private final Event event = new Event();
    private final Rules rules = new Rules(this::emit, this::arm, true);
    private String key;
    private long at;

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
      this.context = context;
      states = context.getStateStore("states");
      timers = context.getStateStore("timers");
      context.schedule(Duration.ofMinutes(1), PunctuationType.STREAM_TIME, this::fireDue);
    }

    @Override
    public void process(Record<String, byte[]> record) {
      course.begin();
      codec.decode(record.value(), event);
      key = record.key();
      at = record.timestamp();
      byte[] stored = states.get(key);
      State state = stored == null ? new State() : State.decode(stored);
      if (rules.onEvent(state, event)) put(state, stored);
      else course.duplicates.incrementAndGet();
      if (course.handled()) done.countDown();
    }

    private void put(State state, byte[] stored) {
      byte[] bytes = state.encode();
      stateBytes.addAndGet(bytes.length - (stored == null ? 0 : stored.length));
      if (stored == null) course.subscribers.incrementAndGet();
      states.put(key, bytes);
    }

    private void emit(int rule, long time, long value, Event trigger) {
      course.moments.incrementAndGet();
      context.forward(new Record<>(key, codec.moment(key, rule, time, value, trigger), at));
    }

    private void arm(long deadline) {
      timers.put(timerKey(deadline, key), new byte[0]);
    }

    private static Bytes timerKey(long deadline, String subscriber) {
      byte[] key = subscriber.getBytes(ISO_8859_1);
      return Bytes.wrap(ByteBuffer.allocate(8 + key.length).putLong(deadline).put(key).array());
    }

    private void fireDue(long streamTime) {
      at = streamTime;
      List<Bytes> due = new ArrayList<>();
      try (var range = timers.range(timerKey(0, ""), timerKey(streamTime - GRACE, "~"))) {
        while (range.hasNext()) due.add(range.next().key);
      }
      for (Bytes timer : due) {
        long deadline = ByteBuffer.wrap(timer.get()).getLong();
        key = new String(timer.get(), 8, timer.get().length - 8, ISO_8859_1);
        byte[] stored = states.get(key);
        State state = State.decode(stored);
        if (rules.onTimer(state, deadline)) put(state, stored);
        timers.delete(timer);
      }
    }
  }

  public static void main(String[] given) throws Exception {
    Arguments arguments = new Arguments(given);
    boolean inMemory = "memory".equals(arguments.get("store"));
    boolean cached = arguments.is("cache");
    String prefix = arguments.get("prefix");
    course = new Course(arguments.number("records", -1));

    Topology topology = new Topology();
    String[] topics = Arrays.stream(TOPICS).map(topic -> prefix + topic).toArray(String[]::new);
    topology.addSource("events", new StringDeserializer(), new ByteArrayDeserializer(), topics);
    topology.addProcessor("detect", Detect::new, "events");
    topology.addSink(
        "moments",
        arguments.get("out"),
        new StringSerializer(),
        new ByteArraySerializer(),
        "detect");
    topology.addStateStore(store(inMemory, "states", Serdes.String(), cached), "detect");
    topology.addStateStore(store(inMemory, "timers", Serdes.Bytes(), cached), "detect");
    KafkaStreams streams = new KafkaStreams(topology, properties(arguments, cached));
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          Runtime.getRuntime().halt(1);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    if (arguments.is("live"))
      streams.setStateListener(
          (now, before) -> {
            if (now == KafkaStreams.State.RUNNING) System.out.println("READY");
          });
    streams.start();
    if (arguments.is("live")) return;
    done.await();
    streams.close(Duration.ofSeconds(60)); // commits and flushes, which is part of the work
    System.out.println(course.line(true, (double) stateBytes.get() / course.subscribers.get()));
    System.exit(0);
  }

  private static Properties properties(Arguments arguments, boolean cached) {
    boolean exactlyOnce = "exactly-once".equals(arguments.get("guarantee"));
    Properties properties = new Properties();
    properties.put("bootstrap.servers", arguments.get("broker"));
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments.get("application"));
    properties.put(StreamsConfig.STATE_DIR_CONFIG, Path.of(arguments.get("folder")).toString());
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, arguments.get("threads", "2"));
    properties.put(
        StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
        exactlyOnce ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
    properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    if (cached)
      properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, String.valueOf(64L << 20));
    properties.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    properties.put(StreamsConfig.consumerPrefix("max.poll.records"), "2000");
    return properties;
  }

  private static <K> StoreBuilder<KeyValueStore<K, byte[]>> store(
      boolean inMemory, String name, Serde<K> keys, boolean cached) {
    var supplier =
        inMemory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name);
    var builder =
        Stores.keyValueStoreBuilder(supplier, keys, Serdes.ByteArray())
            .withLoggingEnabled(Map.of());
    return cached ? builder.withCachingEnabled() : builder.withCachingDisabled();
  }
}
