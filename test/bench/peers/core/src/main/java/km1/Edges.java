package km1;

import java.util.Set;

/**
 * Where KM-1 and the rules of another engine read the same job differently. The reference has none
 * of these; with them the oracle shows what a difference comes from.
 *
 * <ul>
 *   <li>rearm: an absence is armed though it fired within 24 hours, and those 24 hours are judged
 *       when it is due
 *   <li>ids: every event id is remembered, not the last four of a topic
 *   <li>within: two instants exactly an hour apart aren't within an hour, and a recharge at the
 *       deadline comes too late
 *   <li>own: a moment bears the time of the event that completes it, though a later one of the topic
 *       came before it
 * </ul>
 */
public record Edges(boolean rearm, boolean ids, boolean within, boolean own) {
  public static final Edges NONE = new Edges(false, false, false, false);

  /** Names with commas between. */
  public static Edges of(String names) {
    Set<String> all = Set.of(names.split(","));
    return new Edges(
        all.contains("rearm"), all.contains("ids"), all.contains("within"), all.contains("own"));
  }
}
