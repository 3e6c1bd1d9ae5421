package km1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is counted and timed while an engine runs, for the one line of JSON that it prints at its
 * end.
 */
public final class Course {
  /**
   * An instant, and the CPU time (user and system, all threads) that this process had used by then.
   */
  private record Mark(long nanos, double cpuSeconds) {
    static Mark now() {
      return new Mark(System.nanoTime(), cpuOfThisProcess());
    }
  }

  public final AtomicLong moments = new AtomicLong();
  public final AtomicLong duplicates = new AtomicLong();
  public final AtomicLong subscribers = new AtomicLong();
  private final AtomicLong events = new AtomicLong();
  private final long records;
  private volatile Mark first;
  private volatile Mark half;
  private volatile Mark last;

  /** `records`: all that there will be. */
  public Course(long records) {
    this.records = records;
  }

  /** At each record before it is worked on; cheap after the first. */
  public void begin() {
    if (first == null) beginOnce();
  }

  private synchronized void beginOnce() {
    if (first == null) first = Mark.now();
  }

  /** At each record after it. Returns true at the last one. */
  public boolean handled() {
    long count = events.incrementAndGet();
    if (count == records / 2) half = Mark.now();
    if (count != records) return false;
    last = Mark.now();
    return true;
  }

  /** The line. `atEnd`: the time runs until now instead of to the last record. */
  public String line(boolean atEnd, double stateBytesPerSubscriber) {
    Mark end = atEnd ? Mark.now() : last;
    return String.format(
        Locale.ROOT,
        "{\"records\":%d,\"seconds\":%.3f,\"cpuSeconds\":%.2f,\"warmSeconds\":%.3f,"
            + "\"warmCpuSeconds\":%.2f,\"moments\":%d,\"duplicates\":%d,\"subscribers\":%d,"
            + "\"stateBytesPerSubscriber\":%.1f,\"rssBytes\":%d}",
        events.get(),
        (end.nanos - first.nanos) / 1e9,
        end.cpuSeconds - first.cpuSeconds,
        (last.nanos - half.nanos) / 1e9,
        last.cpuSeconds - half.cpuSeconds,
        moments.get(),
        duplicates.get(),
        subscribers.get(),
        stateBytesPerSubscriber,
        peakRssBytes());
  }

  private static double cpuOfThisProcess() {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  private static long peakRssBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status")))
        if (line.startsWith("VmHWM")) return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
    } catch (IOException e) {
      return -1;
    }
    return -1;
  }

  /** Bytes of all files of a folder. */
  public static long bytesOf(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  public static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) return;
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
    }
  }
}
