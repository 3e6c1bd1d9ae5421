package km1;

import static km1.Km1.GRACE;
import static km1.Km1.PARTITIONS;
import static km1.Km1.TOPICS;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * The judge: no framework, one thread. Reads each partition index of the four topics, merges them
 * by record time (smallest head first), applies the rules, fires absences up to the end of the
 * data. Writes the moments of each variant of the edges, sorted, a line each: subscriber rule time
 * value.
 *
 * <p>broker=… prefix=… edges=;rearm,ids (variants with semicolons between, the first of none)
 * file=… (one a variant: file.0, file.1 …)
 */
public final class Oracle {
  private record Input(int topic, long time, String key, byte[] value) {}

  private final List<String> moments = new ArrayList<>();
  private final BitSet seen = new BitSet();
  private final Edges edges;
  private long events;
  private long duplicates;
  private long subscribers;
  private String current;

  private Oracle(Edges edges) {
    this.edges = edges;
  }

  public static void main(String[] given) throws Exception {
    Arguments arguments = new Arguments(given);
    List<Oracle> oracles = new ArrayList<>();
    for (String names : arguments.get("edges", "").split(";", -1))
      oracles.add(new Oracle(Edges.of(names)));
    for (int partition = 0; partition < PARTITIONS; partition++) {
      List<Input> inputs = merged(arguments, partition);
      for (Oracle oracle : oracles) oracle.run(inputs);
    }
    for (int i = 0; i < oracles.size(); i++) {
      Oracle oracle = oracles.get(i);
      Collections.sort(oracle.moments);
      Files.write(Path.of(arguments.get("file") + "." + i), oracle.moments);
      System.out.printf(
          "{\"events\":%d,\"duplicates\":%d,\"subscribers\":%d,\"moments\":%d,\"hash\":\"%08x\"}%n",
          oracle.events,
          oracle.duplicates,
          oracle.subscribers,
          oracle.moments.size(),
          oracle.moments.hashCode());
    }
  }

  /** The records of one partition index of all topics, in the reference's order. */
  private static List<Input> merged(Arguments arguments, int partition) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", arguments.get("broker"));
    properties.put("max.poll.records", "5000");
    List<ArrayDeque<Input>> queues = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> parts = new ArrayList<>();
      for (String topic : TOPICS) {
        parts.add(new TopicPartition(arguments.get("prefix", "") + topic, partition));
        queues.add(new ArrayDeque<>());
      }
      consumer.assign(parts);
      consumer.seekToBeginning(parts);
      Map<TopicPartition, Long> ends = consumer.endOffsets(parts);
      while (parts.stream().anyMatch(part -> consumer.position(part) < ends.get(part)))
        for (var record : consumer.poll(Duration.ofMillis(500))) {
          int topic = parts.indexOf(new TopicPartition(record.topic(), partition));
          queues.get(topic).add(new Input(topic, record.timestamp(), record.key(), record.value()));
        }
    }
    List<Input> all = new ArrayList<>();
    for (; ; ) {
      ArrayDeque<Input> best = null;
      for (ArrayDeque<Input> queue : queues)
        if (!queue.isEmpty() && (best == null || queue.peek().time < best.peek().time))
          best = queue;
      if (best == null) return all;
      all.add(best.poll());
    }
  }

  private void run(List<Input> inputs) {
    Map<String, State> states = new HashMap<>();
    TreeMap<Long, TreeSet<String>> timers = new TreeMap<>();
    Rules rules =
        new Rules(
            (rule, time, value, event) ->
                moments.add(current + " " + rule + " " + time + " " + value),
            deadline -> timers.computeIfAbsent(deadline, at -> new TreeSet<>()).add(current),
            true,
            edges);
    EventCodec codec = new EventCodec();
    Event event = new Event();
    long streamTime = 0;
    for (Input input : inputs) {
      codec.decode(input.value, event);
      current = input.key;
      streamTime = Math.max(streamTime, event.ts);
      State state = states.computeIfAbsent(input.key, key -> new State());
      events++;
      if (edges.ids() && seen.get((int) event.eventId) || !rules.onEvent(state, event))
        duplicates++;
      seen.set((int) event.eventId);
      while (!timers.isEmpty() && timers.firstKey() + GRACE <= streamTime) {
        var due = timers.pollFirstEntry();
        for (String subscriber : due.getValue()) {
          current = subscriber;
          rules.onTimer(states.get(subscriber), due.getKey());
        }
      }
    }
    subscribers += states.size();
  }
}
