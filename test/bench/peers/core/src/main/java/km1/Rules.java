package km1;

import static km1.Km1.*;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/**
 * The 100 rules of KM-1, one call an event. Thresholds and changes are tables over shared factors,
 * the others are written out. The oracle and the engines that Keymoment is compared with all run
 * these.
 */
public final class Rules {
  public interface Sink {
    void moment(int rule, long ts, long value, Event trigger);
  }

  public interface Timers {
    void at(long deadline);
  }

  static final int[] SOURCE = new int[100];
  private static final int[][] THR = new int[4][], CHG = new int[4][]; // per source: rule ids
  private static final int[] FACTOR = new int[100], K = new int[100];
  private static final long[] GTE = new long[100],
      FLOOR = new long[100],
      MIN_BASE = new long[100],
      WITHIN = new long[100];
  private static final int[] BELOW = new int[ABSENCE];
  static final long[] ABSENCE_MS = new long[ABSENCE];

  /** factors per metric: 1h, 24h, 7d, 30d, today, base7 */
  private static final List<String> WINDOWS = List.of("1h", "24h", "7d", "30d");

  private static final int F = 6;

  static {
    try (var in = Rules.class.getResourceAsStream("/rules.json")) {
      List<List<Integer>> thr = new ArrayList<>(), chg = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        thr.add(new ArrayList<>());
        chg.add(new ArrayList<>());
      }
      for (JsonNode r : new ObjectMapper().readTree(in)) {
        int id = r.get("id").asInt(),
            s = List.of("cdr", "recharge", "complaint", "app").indexOf(r.get("source").asText());
        SOURCE[id] = s;
        switch (r.get("kind").asText()) {
          case "threshold" -> {
            FACTOR[id] =
                List.of(METRIC_NAMES[s]).indexOf(r.get("metric").asText()) * F
                    + WINDOWS.indexOf(r.get("window").asText());
            GTE[id] = r.get("gte").asLong();
            thr.get(s).add(id);
          }
          case "change" -> {
            FACTOR[id] = List.of(METRIC_NAMES[s]).indexOf(r.get("metric").asText()) * F;
            K[id] = r.get("k").asInt();
            FLOOR[id] = r.get("floor").asLong();
            MIN_BASE[id] = r.get("minBase").asLong();
            chg.get(s).add(id);
          }
          case "absence" -> {
            BELOW[id - 95] = r.get("below").asInt();
            ABSENCE_MS[id - 95] = r.get("ms").asLong();
          }
          case "sequence" -> WITHIN[id] = r.get("within").asLong();
          default -> {}
        }
      }
      for (int i = 0; i < 4; i++) {
        THR[i] = thr.get(i).stream().mapToInt(Integer::intValue).toArray();
        CHG[i] = chg.get(i).stream().mapToInt(Integer::intValue).toArray();
      }
    } catch (java.io.IOException x) {
      throw new ExceptionInInitializerError(x);
    }
  }

  private final Sink sink;
  private final Timers timers;

  /**
   * true where all four topics are merged by time (then a later event of the subscriber proves that
   * a deadline has passed)
   */
  private final boolean merged;

  private final Edges edges;
  private final long[] f = new long[3 * F];

  public Rules(Sink sink, Timers timers, boolean merged) {
    this(sink, timers, merged, Edges.NONE);
  }

  Rules(Sink sink, Timers timers, boolean merged, Edges edges) {
    this.sink = sink;
    this.timers = timers;
    this.merged = merged;
    this.edges = edges;
  }

  /** Applies one event. Returns false for a duplicate (nothing changed). */
  public boolean onEvent(State s, Event e) {
    int source = e.source;
    State.Src x = s.src[source];
    if (x == null) x = s.src[source] = new State.Src(source);
    if (x.seen(e.eventId)) return false;
    if (merged && s.armedMask != 0) fireDue(s, e.ts - 1);
    x.advance(e.ts);
    long ts = e.ts, now = edges.own() ? e.ts : x.head;
    switch (source) {
      case CDR -> {
        if (e.callType != 2) x.add(0, ts, e.durationSec);
        if (e.dropped) x.add(1, ts, 1);
      }
      case RECHARGE -> {
        x.add(0, ts, 1);
        x.add(1, ts, e.amount);
      }
      case COMPLAINT -> x.add(0, ts, 1);
      default -> x.add(e.appClass, ts, e.kb);
    }
    factors(x);
    for (int id : THR[source]) {
      long v = f[FACTOR[id]];
      if (v >= GTE[id]) fire(s, id, now, v, e);
    }
    for (int id : CHG[source]) {
      int p = FACTOR[id];
      long today = f[p + 4], base = f[p + 5];
      if (today >= FLOOR[id] && base >= MIN_BASE[id] && today * 7 >= K[id] * base)
        fire(s, id, now, today, e);
    }
    switch (source) {
      case CDR -> {
        if (e.roaming) first(s, 81, now, e);
        if (e.international) first(s, 82, now, e);
        if (e.dropped && e.durationSec < 10) sequence(s, 85, 0, now, e);
        if (e.international) sequence(s, 86, 1, now, e);
        if (e.dropped) s.setLastA(0, ts);
        if (e.roaming) s.setLastA(1, ts);
        s.balance = e.balanceAfter;
        if (e.balanceAfter < 100) {
          s.setLastA(8, ts);
          arm(s, ts, now, e.balanceAfter);
        }
      }
      case RECHARGE -> {
        if (e.channel == 3) first(s, 83, now, e);
        if (e.amount >= 2000) sequence(s, 88, 3, now, e);
        sequence(s, 91, 5, now, e);
        if (e.amount <= 300) s.setLastA(3, ts);
        s.setLastA(6, ts);
        s.balance = e.balanceAfter;
        s.addRecharge(ts);
        for (int i = 0; i < ABSENCE; i++)
          if ((s.armedMask >> i & 1) != 0 && ts > s.armedLow[i] && ts <= lastOf(s.armedLow[i], i))
            s.armedMask &= ~(1 << i);
      }
      case COMPLAINT -> {
        if (e.category == 2 && e.severity >= 5) first(s, 84, now, e);
        if (e.category == 1) sequence(s, 89, 4, now, e);
        sequence(s, 90, 0, now, e);
        sequence(s, 93, 7, now, e);
        if (e.category == 0) s.setLastA(4, ts);
        s.setLastA(5, ts);
      }
      default -> {
        if (e.app >= 24) first(s, 75 + e.app - 24, now, e);
        boolean big = e.appClass == 0 && e.kb >= 200000;
        if (e.app >= 20 && e.app < 24) sequence(s, 87, 2, now, e);
        if (big) {
          sequence(s, 92, 6, now, e);
          sequence(s, 94, 8, now, e);
          s.setLastA(2, ts);
        }
        if (e.app == 23) s.setLastA(7, ts);
      }
    }
    return true;
  }

  /**
   * A timer of this subscriber is due: stream time has passed deadline + GRACE. Returns true where
   * the state changed.
   */
  public boolean onTimer(State s, long deadline) {
    return s.armedMask != 0 && fireDue(s, deadline);
  }

  private boolean fireDue(State s, long until) {
    boolean any = false;
    for (int i = 0; i < ABSENCE; i++) {
      if ((s.armedMask >> i & 1) == 0) continue;
      long deadline = s.armedLow[i] + ABSENCE_MS[i];
      if (deadline > until) continue;
      s.armedMask &= ~(1 << i);
      any = true;
      if (edges.rearm() && !cool(s, 95 + i, deadline)) continue;
      s.setFired(95 + i, deadline);
      sink.moment(95 + i, deadline, s.balance, null);
    }
    return any;
  }

  private void arm(State s, long ts, long now, long balance) {
    for (int i = 0; i < ABSENCE; i++) {
      if (balance >= BELOW[i]
          || (s.armedMask >> i & 1) != 0
          || !edges.rearm() && !cool(s, 95 + i, now)
          || s.rechargedIn(ts, lastOf(ts, i))) continue;
      if (s.armedLow == null) s.armedLow = new long[ABSENCE];
      s.armedLow[i] = ts;
      s.armedMask |= 1 << i;
      timers.at(ts + ABSENCE_MS[i]);
    }
  }

  /** The last instant at which a recharge answers a low balance. */
  private long lastOf(long low, int i) {
    return low + ABSENCE_MS[i] - (edges.within() ? 1 : 0);
  }

  private void first(State s, int id, long now, Event e) {
    int bit = 1 << id - 75;
    if ((s.firstBits & bit) != 0) return;
    s.firstBits |= bit;
    fire(s, id, now, 1, e);
  }

  private void sequence(State s, int id, int a, long now, Event e) {
    long dt = e.ts - s.lastA(a);
    if (dt > 0 && (edges.within() ? dt < WITHIN[id] : dt <= WITHIN[id])) fire(s, id, now, dt, e);
  }

  private static boolean cool(State s, int id, long now) {
    int i = s.fired(id);
    return i < 0 || now - s.firedTs[i] >= DAY;
  }

  private void fire(State s, int id, long now, long value, Event e) {
    if (!cool(s, id, now)) return;
    s.setFired(id, now);
    sink.moment(id, now, value, e);
  }

  private void factors(State.Src x) {
    int m = x.m, hc = (int) (x.head / HOUR % H), dc = (int) (x.head / DAY % D);
    for (int k = 0; k < m; k++) {
      long h24 = 0, d30 = 0, b7 = 0;
      for (int i = k; i < H * m; i += m) h24 += x.h[i];
      for (int i = k; i < D * m; i += m) d30 += x.d[i];
      for (int i = 1; i <= 7; i++) b7 += x.d[(dc - i + D) % D * m + k];
      long today = x.d[dc * m + k];
      int p = k * F;
      f[p] = x.h[hc * m + k];
      f[p + 1] = h24;
      f[p + 2] = b7 + today - x.d[(dc - 7 + D) % D * m + k];
      f[p + 3] = d30;
      f[p + 4] = today;
      f[p + 5] = b7;
    }
  }
}
