package km1;

import static km1.Km1.*;

/**
 * Rolling state of one subscriber. Encoded sparsely (KM1.md, 'State'): only panes that are not zero
 * take room.
 */
public final class State {
  /** What one source (topic) contributes: head time, the last event ids, hourly and daily panes. */
  static final class Src {
    final int m;
    long head = Long.MIN_VALUE;
    final int[] ids = new int[IDS];
    int nIds, idPos;
    final int[] h, d;

    Src(int source) {
      m = METRICS[source];
      h = new int[H * m];
      d = new int[D * m];
    }

    Src(Src o) {
      m = o.m;
      head = o.head;
      nIds = o.nIds;
      idPos = o.idPos;
      System.arraycopy(o.ids, 0, ids, 0, IDS);
      h = o.h.clone();
      d = o.d.clone();
    }

    boolean seen(long eventId) {
      for (int i = 0; i < nIds; i++) if (ids[i] == (int) eventId) return true;
      ids[idPos] = (int) eventId;
      idPos = (idPos + 1) % IDS;
      if (nIds < IDS) nIds++;
      return false;
    }

    void advance(long ts) {
      if (head == Long.MIN_VALUE) {
        head = ts;
        return;
      }
      if (ts <= head) return;
      long h0 = head / HOUR, h1 = ts / HOUR, d0 = head / DAY, d1 = ts / DAY;
      if (h1 - h0 >= H) java.util.Arrays.fill(h, 0);
      else
        for (long x = h0 + 1; x <= h1; x++)
          for (int k = 0, p = (int) (x % H) * m; k < m; k++) h[p + k] = 0;
      if (d1 - d0 >= D) java.util.Arrays.fill(d, 0);
      else
        for (long x = d0 + 1; x <= d1; x++)
          for (int k = 0, p = (int) (x % D) * m; k < m; k++) d[p + k] = 0;
      head = ts;
    }

    void add(int metric, long ts, long v) {
      long x = ts / HOUR;
      if (head / HOUR - x < H) h[(int) (x % H) * m + metric] += (int) v;
      x = ts / DAY;
      if (head / DAY - x < D) d[(int) (x % D) * m + metric] += (int) v;
    }
  }

  final Src[] src = new Src[4];


  int firstBits, lastAMask, armedMask, nRecharges, rechargePos, nFired;
  long balance;
  long[] lastA, armedLow, recharges;
  byte[] firedRule;
  long[] firedTs;

  public State() {}

  public State copy() {
    State s = new State();
    for (int i = 0; i < 4; i++) if (src[i] != null) s.src[i] = new Src(src[i]);
    s.firstBits = firstBits;
    s.lastAMask = lastAMask;
    s.armedMask = armedMask;
    s.nRecharges = nRecharges;
    s.rechargePos = rechargePos;
    s.nFired = nFired;
    s.balance = balance;
    if (lastA != null) s.lastA = lastA.clone();
    if (armedLow != null) s.armedLow = armedLow.clone();
    if (recharges != null) s.recharges = recharges.clone();
    if (firedRule != null) {
      s.firedRule = firedRule.clone();
      s.firedTs = firedTs.clone();
    }
    return s;
  }

  long lastA(int a) {
    return (lastAMask >> a & 1) == 0 ? Long.MIN_VALUE / 2 : lastA[a];
  }

  void setLastA(int a, long ts) {
    if (lastA == null) lastA = new long[LAST_A];
    if ((lastAMask >> a & 1) == 0 || ts > lastA[a]) lastA[a] = ts;
    lastAMask |= 1 << a;
  }

  void addRecharge(long ts) {
    if (recharges == null) recharges = new long[RECHARGES];
    recharges[rechargePos] = ts;
    rechargePos = (rechargePos + 1) % RECHARGES;
    if (nRecharges < RECHARGES) nRecharges++;
  }

  boolean rechargedIn(long after, long until) {
    for (int i = 0; i < nRecharges; i++)
      if (recharges[i] > after && recharges[i] <= until) return true;
    return false;
  }

  /** Index of the entry of a rule among the fired ones, or -1. */
  int fired(int rule) {
    for (int i = 0; i < nFired; i++) if (firedRule[i] == rule) return i;
    return -1;
  }

  void setFired(int rule, long ts) {
    int i = fired(rule);
    if (i < 0) {
      i = nFired++;
      if (firedRule == null) {
        firedRule = new byte[4];
        firedTs = new long[4];
      } else if (i == firedRule.length) {
        firedRule = java.util.Arrays.copyOf(firedRule, i * 2);
        firedTs = java.util.Arrays.copyOf(firedTs, i * 2);
      }
      firedRule[i] = (byte) rule;
    }
    firedTs[i] = ts;
  }

  // ---- codec ----
  private static final ThreadLocal<byte[]> BUF = ThreadLocal.withInitial(() -> new byte[16384]);

  public byte[] encode() {
    byte[] b = BUF.get();
    int p = 0;
    b[p++] = 1;
    int flags = 0;
    for (int i = 0; i < 4; i++) if (src[i] != null) flags |= 1 << i;
    // fired entries whose 24 h have passed (by the head time of the rule's source) mean nothing any
    // more
    int live = 0;
    for (int i = 0; i < nFired; i++) if (alive(i)) live++;
    if (firstBits != 0) flags |= 16;
    if (lastAMask != 0) flags |= 32;
    if (armedMask != 0) flags |= 64;
    if (live != 0) flags |= 128;
    b[p++] = (byte) flags;
    for (int i = 0; i < 4; i++) {
      Src x = src[i];
      if (x == null) continue;
      p = varint(b, p, x.head - T0);
      b[p++] = (byte) x.nIds;
      for (int k = 0, q = x.nIds < IDS ? 0 : x.idPos; k < x.nIds; k++) {
        int id = x.ids[(q + k) % IDS];
        b[p++] = (byte) id;
        b[p++] = (byte) (id >> 8);
        b[p++] = (byte) (id >> 16);
        b[p++] = (byte) (id >> 24);
      }
      int hm = mask(x.h, H, x.m), dm = mask(x.d, D, x.m);
      b[p++] = (byte) hm;
      b[p++] = (byte) (hm >> 8);
      b[p++] = (byte) (hm >> 16);
      b[p++] = (byte) dm;
      b[p++] = (byte) (dm >> 8);
      b[p++] = (byte) (dm >> 16);
      b[p++] = (byte) (dm >> 24);
      for (int k = 0; k < H; k++)
        if ((hm >> k & 1) != 0) for (int j = 0; j < x.m; j++) p = varint(b, p, x.h[k * x.m + j]);
      for (int k = 0; k < D; k++)
        if ((dm >> k & 1) != 0) for (int j = 0; j < x.m; j++) p = varint(b, p, x.d[k * x.m + j]);
    }
    if ((flags & 3) != 0) p = varint(b, p, balance);
    if ((flags & 2) != 0) {
      b[p++] = (byte) nRecharges;
      for (int k = 0, q = nRecharges < RECHARGES ? 0 : rechargePos; k < nRecharges; k++)
        p = varint(b, p, recharges[(q + k) % RECHARGES] - T0);
    }
    if ((flags & 16) != 0) {
      b[p++] = (byte) firstBits;
      b[p++] = (byte) (firstBits >> 8);
    }
    if ((flags & 32) != 0) {
      b[p++] = (byte) lastAMask;
      b[p++] = (byte) (lastAMask >> 8);
      for (int i = 0; i < LAST_A; i++)
        if ((lastAMask >> i & 1) != 0) p = varint(b, p, lastA[i] - T0);
    }
    if ((flags & 64) != 0) {
      b[p++] = (byte) armedMask;
      for (int i = 0; i < ABSENCE; i++)
        if ((armedMask >> i & 1) != 0) p = varint(b, p, armedLow[i] - T0);
    }
    if (live != 0) {
      b[p++] = (byte) live;
      for (int i = 0; i < nFired; i++)
        if (alive(i)) {
          b[p++] = firedRule[i];
          p = varint(b, p, firedTs[i] - T0);
        }
    }
    return java.util.Arrays.copyOf(b, p);
  }

  private boolean alive(int i) {
    Src x = src[Rules.SOURCE[firedRule[i]]];
    return x == null || x.head - firedTs[i] < DAY;
  }

  private static int mask(int[] a, int n, int m) {
    int r = 0;
    for (int k = 0, i = 0; k < n; k++) {
      int any = 0;
      for (int j = 0; j < m; j++) any |= a[i++];
      if (any != 0) r |= 1 << k;
    }
    return r;
  }

  private static int varint(byte[] b, int p, long v) {
    while ((v & ~127L) != 0) {
      b[p++] = (byte) (v & 127 | 128);
      v >>>= 7;
    }
    b[p++] = (byte) v;
    return p;
  }

  private static final class In {
    final byte[] b;
    int p;

    In(byte[] b) {
      this.b = b;
    }

    int u8() {
      return b[p++] & 255;
    }

    int u16() {
      return u8() | u8() << 8;
    }

    int i32() {
      return u8() | u8() << 8 | u8() << 16 | u8() << 24;
    }

    long varint() {
      long v = 0;
      for (int s = 0; ; s += 7) {
        byte x = b[p++];
        v |= (long) (x & 127) << s;
        if (x >= 0) return v;
      }
    }
  }

  public static State decode(byte[] bytes) {
    In in = new In(bytes);
    if (in.u8() != 1) throw new IllegalArgumentException("state version");
    State s = new State();
    int flags = in.u8();
    for (int i = 0; i < 4; i++) {
      if ((flags >> i & 1) == 0) continue;
      Src x = s.src[i] = new Src(i);
      x.head = in.varint() + T0;
      x.nIds = in.u8();
      for (int k = 0; k < x.nIds; k++) x.ids[k] = in.i32();
      x.idPos = x.nIds % IDS;
      int hm = in.u16() | in.u8() << 16, dm = in.i32();
      for (int k = 0; k < H; k++)
        if ((hm >> k & 1) != 0) for (int j = 0; j < x.m; j++) x.h[k * x.m + j] = (int) in.varint();
      for (int k = 0; k < D; k++)
        if ((dm >> k & 1) != 0) for (int j = 0; j < x.m; j++) x.d[k * x.m + j] = (int) in.varint();
    }
    if ((flags & 3) != 0) s.balance = in.varint();
    if ((flags & 2) != 0) {
      s.nRecharges = in.u8();
      s.recharges = new long[RECHARGES];
      for (int k = 0; k < s.nRecharges; k++) s.recharges[k] = in.varint() + T0;
      s.rechargePos = s.nRecharges % RECHARGES;
    }
    if ((flags & 16) != 0) s.firstBits = in.u16();
    if ((flags & 32) != 0) {
      s.lastAMask = in.u16();
      s.lastA = new long[LAST_A];
      for (int i = 0; i < LAST_A; i++)
        if ((s.lastAMask >> i & 1) != 0) s.lastA[i] = in.varint() + T0;
    }
    if ((flags & 64) != 0) {
      s.armedMask = in.u8();
      s.armedLow = new long[ABSENCE];
      for (int i = 0; i < ABSENCE; i++)
        if ((s.armedMask >> i & 1) != 0) s.armedLow[i] = in.varint() + T0;
    }
    if ((flags & 128) != 0) {
      s.nFired = in.u8();
      s.firedRule = new byte[s.nFired];
      s.firedTs = new long[s.nFired];
      for (int i = 0; i < s.nFired; i++) {
        s.firedRule[i] = (byte) in.u8();
        s.firedTs[i] = in.varint() + T0;
      }
    }
    return s;
  }
}
