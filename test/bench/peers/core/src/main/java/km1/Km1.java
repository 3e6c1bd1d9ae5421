package km1;

/** Constants of the reference job KM-1 (see peers/README.md). */
public final class Km1 {
  private Km1() {}

  public static final long T0 = 1767225600000L; // 2026-01-01T00:00:00Z
  public static final long HOUR = 3600_000L, DAY = 24 * HOUR, GRACE = 60_000L;

  /** No event of the whole job is as late as this. */
  public static final long END = T0 + 10 * DAY;

  public static final int CDR = 0, RECHARGE = 1, COMPLAINT = 2, APP = 3;
  public static final int PARTITIONS = 4,
      H = 24,
      D = 30,
      IDS = 4,
      LAST_A = 9,
      ABSENCE = 5,
      RECHARGES = 4;
  public static final String[] TOPICS = {"cdr", "recharge", "complaint", "app-usage"};

  /**
   * metrics by source: cdr voiceSecs,dropped | recharge rechargeCount,rechargeSum | complaint
   * complaints | app video,social,other (KB)
   */
  public static final int[] METRICS = {2, 2, 1, 3};

  public static final String[][] METRIC_NAMES = {
    {"voiceSecs", "dropped"},
    {"rechargeCount", "rechargeSum"},
    {"complaints"},
    {"video", "social", "other"}
  };
  public static final String[] APPS = {
    "youtube", "instagram", "gmail", "netflix", "facebook", "maps", "twitch", "whatsapp", "drive",
        "primevideo", "snapchat", "weather",
    "disneyplus", "telegram", "calendar", "vimeo", "x", "news", "tiktok", "reddit", "bank",
        "hbomax", "linkedin", "speedtest",
    "iptv-trial", "dating-pro", "esim-shop", "cloudgaming", "sat-messenger", "vpn-plus"
  };
  public static final int MOMENT_SCHEMA = 10;
}
