package km1;

import java.util.Map;
import java.util.TreeMap;

/** What a main class was given: name=value, each. */
public final class Arguments {
  private final Map<String, String> values = new TreeMap<>();

  public Arguments(String[] given) {
    for (String one : given) {
      int at = one.indexOf('=');
      if (at <= 0) throw new IllegalArgumentException("not name=value: " + one);
      values.put(one.substring(0, at), one.substring(at + 1));
    }
  }

  /**
   * @throws IllegalArgumentException if it is missing
   */
  public String get(String name) {
    String value = values.get(name);
    if (value == null) throw new IllegalArgumentException(name + "=… is missing");
    return value;
  }

  public String get(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  /** Milliseconds or a count. */
  public long number(String name, long otherwise) {
    String value = values.get(name);
    return value == null ? otherwise : Long.parseLong(value);
  }

  /** yes or no. */
  public boolean is(String name) {
    return "yes".equals(values.get(name));
  }
}
