package km1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static km1.Km1.GRACE;
import static km1.Km1.TOPICS;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * KM-1 on Flink (DataStream API, local minicluster): the four topics → keyBy subscriber → rules
 * with the state in a ValueState and event-time timers → Kafka. A checkpoint every 10 s.
 *
 * <p>broker=… records=N prefix=… out=TOPIC folder=… backend=hashmap|rocksdb
 * guarantee=at-least-once|exactly-once [parallelism=2] [buffer=100 (ms)] [live=yes: until it is
 * told to end]
 *
 * <p>Flink doesn't merge topics by time: rules over two topics see another order than the oracle
 * while it catches up.
 */
public final class FlinkJob {
  private static final TypeInformation<Tuple2<String, byte[]>> KEY_AND_BYTES =
      new TupleTypeInfo<>(Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

  /** Of this process: the minicluster runs in it. */
  private static Course course;

  private static final class Reader
      implements KafkaRecordDeserializationSchema<Tuple2<String, byte[]>> {
    @Override
    public void deserialize(
        ConsumerRecord<byte[], byte[]> record, Collector<Tuple2<String, byte[]>> out) {
      course.begin();
      out.collect(Tuple2.of(new String(record.key(), ISO_8859_1), record.value()));
    }

    @Override
    public TypeInformation<Tuple2<String, byte[]>> getProducedType() {
      return KEY_AND_BYTES;
    }
  }

  private static final class Detect
      extends KeyedProcessFunction<String, Tuple2<String, byte[]>, Tuple2<String, byte[]>> {
    private final long endOfData;
    private transient ValueState<State> states;
    private transient EventCodec codec;
    private transient Event event;
    private transient Rules rules;
    private transient Context context;
    private transient Collector<Tuple2<String, byte[]>> out;
    private transient String key;

    Detect(long endOfData) {
      this.endOfData = endOfData;
    }

    @Override
    public void open(OpenContext opened) {
      states = getRuntimeContext().getState(new ValueStateDescriptor<>("state", new StateType()));
      codec = new EventCodec();
      event = new Event();
      rules =
          new Rules(
              this::emit,
              deadline -> context.timerService().registerEventTimeTimer(deadline),
              false);
      if (endOfData == Long.MAX_VALUE) System.out.println("READY");
    }

    private void emit(int rule, long time, long value, Event trigger) {
      course.moments.incrementAndGet();
      out.collect(Tuple2.of(key, codec.moment(key, rule, time, value, trigger)));
    }

    @Override
    public void processElement(
        Tuple2<String, byte[]> record, Context context, Collector<Tuple2<String, byte[]>> out)
        throws Exception {
      this.context = context;
      this.out = out;
      key = record.f0;
      codec.decode(record.f1, event);
      State state = states.value();
      if (state == null) {
        state = new State();
        course.subscribers.incrementAndGet();
      }
      if (rules.onEvent(state, event)) states.update(state);
      else course.duplicates.incrementAndGet();
      course.handled();
    }

    /** The watermark, a minute behind the slowest partition, has passed a deadline. */
    @Override
    public void onTimer(
        long deadline, OnTimerContext context, Collector<Tuple2<String, byte[]>> out)
        throws Exception {
      // At the end of a bounded input every timer fires: not those that the data don't reach.
      if (deadline + GRACE > endOfData) return;
      this.context = context;
      this.out = out;
      key = context.getCurrentKey();
      State state = states.value();
      if (state != null && rules.onTimer(state, deadline)) states.update(state);
    }
  }

  private record Writer(String topic)
      implements KafkaRecordSerializationSchema<Tuple2<String, byte[]>> {
    @Override
    public ProducerRecord<byte[], byte[]> serialize(
        Tuple2<String, byte[]> moment, KafkaSinkContext context, Long time) {
      return new ProducerRecord<>(topic, moment.f0.getBytes(ISO_8859_1), moment.f1);
    }
  }

  public static void main(String[] given) throws Exception {
    Arguments arguments = new Arguments(given);
    String broker = arguments.get("broker");
    String prefix = arguments.get("prefix");
    String backend = arguments.get("backend");
    boolean live = arguments.is("live");
    boolean exactlyOnce = "exactly-once".equals(arguments.get("guarantee"));
    Path folder = Path.of(arguments.get("folder"));
    course = new Course(arguments.number("records", -1));

    var source =
        KafkaSource.<Tuple2<String, byte[]>>builder()
            .setBootstrapServers(broker)
            .setGroupId(arguments.get("out"))
            .setTopics(Arrays.stream(TOPICS).map(topic -> prefix + topic).toList())
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setDeserializer(new Reader())
            .setProperty("max.poll.records", "2000");
    if (!live) source.setBounded(OffsetsInitializer.latest());
    var sink =
        KafkaSink.<Tuple2<String, byte[]>>builder()
            .setBootstrapServers(broker)
            .setRecordSerializer(new Writer(arguments.get("out")))
            .setDeliveryGuarantee(
                exactlyOnce ? DeliveryGuarantee.EXACTLY_ONCE : DeliveryGuarantee.AT_LEAST_ONCE)
            .setProperty("transaction.timeout.ms", "600000");
    if (exactlyOnce) sink.setTransactionalIdPrefix(arguments.get("out"));

    var flink =
        StreamExecutionEnvironment.createLocalEnvironment(
            (int) arguments.number("parallelism", 2),
            configuration(arguments, backend, exactlyOnce, folder));
    flink
        .fromSource(
            source.build(),
            WatermarkStrategy.forBoundedOutOfOrderness(Duration.ofMillis(GRACE)),
            "events",
            KEY_AND_BYTES)
        .keyBy(record -> record.f0)
        .process(new Detect(live ? Long.MAX_VALUE : Km1.END))
        .returns(KEY_AND_BYTES)
        .sinkTo(sink.build());
    flink.execute("km1");
    double checkpoint = Course.bytesOf(folder.resolve("checkpoints"));
    System.out.println(course.line(false, checkpoint / course.subscribers.get()));
    System.exit(0);
  }

  private static Configuration configuration(
      Arguments arguments, String backend, boolean exactlyOnce, Path folder) {
    Configuration configuration = new Configuration();
    configuration.setString("state.backend.type", backend);
    configuration.setString("execution.checkpointing.interval", "10000 ms");
    configuration.setString(
        "execution.checkpointing.mode", exactlyOnce ? "EXACTLY_ONCE" : "AT_LEAST_ONCE");
    configuration.setString("execution.checkpointing.storage", "filesystem");
    configuration.setString(
        "execution.checkpointing.dir", "file://" + folder.resolve("checkpoints"));
    configuration.setString("execution.checkpointing.incremental", "true");
    configuration.setString(
        "execution.buffer-timeout.interval", arguments.number("buffer", 100) + " ms");
    configuration.setString("pipeline.object-reuse", "true");
    configuration.setString(
        "taskmanager.memory.managed.size", backend.equals("rocksdb") ? "1g" : "64m");
    configuration.setString("taskmanager.memory.network.min", "128m");
    configuration.setString("taskmanager.memory.network.max", "128m");
    configuration.setString(
        "restart-strategy.type", "none"); // a failure must not hide behind a replay
    configuration.setString("io.tmp.dirs", folder.resolve("tmp").toString());
    return configuration;
  }
}
