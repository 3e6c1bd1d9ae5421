#!/usr/bin/env python3
"""A FreeSWITCH event-socket (ESL) server in front of a REAL SIP/RTP stack (PJSIP 2.15 from PyPI pjsua2-python).
Independent of every ESL client library. Speaks inbound ESL (auth/api/bgapi/event/filter/sendmsg/linger/exit) and
outbound ESL (&socket(host:port async full)). Calls are real SIP INVITEs with real RTP and RFC 4733 DTMF.
Unknown commands and applications are refused (-ERR), as FreeSWITCH does. Ports and options: see the end; run by run-switch.ts."""
import argparse, asyncio, json, os, re, sys, time, uuid, wave, hashlib, subprocess, urllib.parse, signal
import pjsua2 as pj

CAUSE = {486: ('USER_BUSY', 17), 600: ('USER_BUSY', 17), 603: ('CALL_REJECTED', 21), 403: ('CALL_REJECTED', 21), 401: ('CALL_REJECTED', 21), 407: ('CALL_REJECTED', 21), 404: ('UNALLOCATED_NUMBER', 1), 604: ('UNALLOCATED_NUMBER', 1),
         480: ('NO_USER_RESPONSE', 18), 408: ('RECOVERY_ON_TIMER_EXPIRE', 102), 504: ('RECOVERY_ON_TIMER_EXPIRE', 102), 487: ('ORIGINATOR_CANCEL', 487), 410: ('NUMBER_CHANGED', 22), 484: ('INVALID_NUMBER_FORMAT', 28),
         488: ('INCOMPATIBLE_DESTINATION', 88), 502: ('NETWORK_OUT_OF_ORDER', 38), 503: ('NORMAL_TEMPORARY_FAILURE', 41), 500: ('NORMAL_TEMPORARY_FAILURE', 41), 501: ('SERVICE_NOT_IMPLEMENTED', 79)}
NUM = {v[0]: v[1] for v in CAUSE.values()} | {'NORMAL_CLEARING': 16, 'NO_ANSWER': 19, 'INVALID_GATEWAY': 604, 'DESTINATION_OUT_OF_ORDER': 27, 'NORMAL_UNSPECIFIED': 31, 'MANAGER_REQUEST': 503, 'ALLOTTED_TIMEOUT': 602, 'NORMAL_CIRCUIT_CONGESTION': 34}
EVENTS = set('ALL CHANNEL_CREATE CHANNEL_STATE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER CHANNEL_PARK CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_ORIGINATE CHANNEL_OUTGOING CHANNEL_CALLSTATE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_UUID CHANNEL_DATA DTMF PLAYBACK_START PLAYBACK_STOP BACKGROUND_JOB HEARTBEAT CUSTOM RE_SCHEDULE API SHUTDOWN MESSAGE NOTIFY DETECTED_SPEECH RECORD_START RECORD_STOP'.split())
q = lambda s: urllib.parse.quote(str(s), safe="/:@&=+$,;?()!*'-_.~ []{}|\"#").replace(' ', '%20').replace('\n', '%0A')


words = lambda s: [m[0] if m[1] is None else m[1] for m in re.finditer(r"'([^']*)'|\S+", s)]   # parted by blanks outside single quotes, as FreeSWITCH does


class SipCall(pj.Call):
    def __init__(self, acc, ch): super().__init__(acc); self.ch = ch
    def onCallState(self, prm):
        i = self.getInfo(); self.ch.sw.loop.call_soon(self.ch.sip_state, i.state, i.lastStatusCode, i.lastReason)
    def onCallMediaState(self, prm): self.ch.sw.loop.call_soon(self.ch.media)
    def onDtmfDigit(self, prm): d, ms = prm.digit, prm.duration; self.ch.sw.loop.call_soon(self.ch.dtmf, d, ms)


class Channel:
    def __init__(self, sw, uid, dest, vars):
        self.sw, self.uuid, self.dest, self.vars = sw, uid, dest, dict(vars); self.created, self.answered, self.ended = time.time(), None, None
        self.digits, self.dig_ev, self.cause, self.call, self.player, self.done, self.queue, self.state = '', asyncio.Event(), None, None, None, asyncio.get_running_loop().create_future(), asyncio.Queue(), 'CS_INIT'
        self.ended_ev = asyncio.Event(); self.sock = None; self.brk = asyncio.Event()

    def hdr(self):
        h = {'Channel-State': self.state, 'Channel-Call-State': 'ACTIVE' if self.answered and not self.ended else 'HANGUP' if self.ended else 'RINGING', 'Unique-ID': self.uuid, 'Call-Direction': 'outbound', 'Channel-Name': 'sofia/external/' + self.dest, 'Answer-State': 'hangup' if self.ended else 'answered' if self.answered else 'ringing',
             'Caller-Destination-Number': self.dest.split('@')[0], 'Caller-Caller-ID-Number': self.vars.get('origination_caller_id_number', '0000000000'), 'Caller-Unique-ID': self.uuid,
             'Caller-Channel-Created-Time': int(self.created * 1e6), 'Caller-Channel-Answered-Time': int((self.answered or 0) * 1e6), 'Caller-Channel-Hangup-Time': int((self.ended or 0) * 1e6)}
        if self.cause: h['Hangup-Cause'] = self.cause
        h.update({'variable_' + k: v for k, v in self.vars.items()}); h['variable_uuid'] = self.uuid; return h
    def ev(self, name, **k): self.sw.emit(name, {**self.hdr(), **{a.replace('_', '-'): b for a, b in k.items()}}, self.uuid)

    def dial(self):
        p = pj.CallOpParam(True); hs = pj.SipHeaderVector()
        for k, v in self.vars.items():
            if k.startswith('sip_h_'): h = pj.SipHeader(); h.hName, h.hValue = k[6:], v; hs.append(h)
        p.txOption.headers = hs; self.ev('CHANNEL_CREATE'); self.call = SipCall(self.sw.account(self.vars.get('origination_caller_id_number', '0000000000')), self)
        try: self.call.makeCall('sip:' + self.dest, p)
        except pj.Error as e:
            many = e.status == 70010                                 # PJ_ETOOMANY
            self.sw.log('makecall_error', uuid=self.uuid, error=f'{e.status} {e.reason}'); self.call = None; self.end('NORMAL_CIRCUIT_CONGESTION' if many else 'DESTINATION_OUT_OF_ORDER', 503); return
        t = float(self.vars.get('originate_timeout', self.vars.get('leg_timeout', 60))); self.sw.loop.call_later(t, self.timeout)
    def timeout(self):
        if not self.answered and not self.ended: self.kill('NO_ANSWER')
    def kill(self, cause):
        if self.ended: return
        self.cause = self.cause or cause
        try:
          if self.call and self.call.isActive(): p = pj.CallOpParam(); p.statusCode = 487 if not self.answered else 0; self.call.hangup(p)
        except pj.Error: pass
        self.sw.loop.call_later(1.0, lambda: self.end(self.cause, 0))

    def sip_state(self, st, code, reason):
        self.sw.log('sip', uuid=self.uuid, state=int(st), code=int(code), reason=reason)
        if st == pj.PJSIP_INV_STATE_EARLY and code == 180: self.ev('CHANNEL_PROGRESS')
        elif st == pj.PJSIP_INV_STATE_EARLY and code == 183:
            self.ev('CHANNEL_PROGRESS_MEDIA')
            if self.vars.get('ignore_early_media') != 'true' and not self.done.done(): self.done.set_result('+OK ' + self.uuid)
        elif st == pj.PJSIP_INV_STATE_CONFIRMED and not self.answered:
            self.answered, self.state = time.time(), 'CS_EXECUTE'; self.ev('CHANNEL_ANSWER')
            if not self.done.done(): self.done.set_result('+OK ' + self.uuid)
            self.sw.spawn(self.run())
        elif st == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.end(self.cause or ('NORMAL_CLEARING' if self.answered else CAUSE.get(code, ('NORMAL_UNSPECIFIED', 31))[0]), code)
    def media(self):
        try: self.am = self.call.getAudioMedia(-1)
        except pj.Error: pass
    def dtmf(self, d, ms):
        if self.ended: return
        self.digits += d; self.dig_ev.set(); self.ev('DTMF', DTMF_Digit=d, DTMF_Duration=ms * 8, DTMF_Source='RTP')
    def end(self, cause, code):
        if self.ended: return
        self.cause, self.ended, self.state = cause, time.time(), 'CS_HANGUP'; self.stop_play()
        self.vars.update(hangup_cause=cause, hangup_cause_q850=str(NUM.get(cause, 31)), sip_term_status=str(code), duration=str(int(self.ended - self.created)), billsec=str(int(self.ended - self.answered) if self.answered else 0), billmsec=str(int(1000 * (self.ended - self.answered)) if self.answered else 0))
        self.ended_ev.set(); self.dig_ev.set(); self.brk.set(); self.ev('CHANNEL_HANGUP'); self.state = 'CS_REPORTING'; self.ev('CHANNEL_HANGUP_COMPLETE'); self.state = 'CS_DESTROY'; self.ev('CHANNEL_DESTROY')
        if not self.done.done(): self.done.set_result('-ERR ' + cause)
        self.sw.log('call_end', uuid=self.uuid, dest=self.dest, cause=cause, code=code, answered=bool(self.answered), billms=self.vars['billmsec'], digits=self.digits)
        self.sw.chans.pop(self.uuid, None); self.sw.loop.call_later(1.0, self.bury)

    def bury(self): self.call = None                                # frees the PJSIP call outside its own callback

    # ------------------------------------------------------------ applications
    async def run(self):
        a = self.after
        if a[0] == 'socket': await self.outbound(a[1])
        elif a[0] != 'park': await self.execute(a[0], a[1])
        else: self.ev('CHANNEL_PARK')
        while not self.ended:
            w = [asyncio.ensure_future(self.queue.get()), asyncio.ensure_future(self.ended_ev.wait())]
            d, _ = await asyncio.wait(w, return_when=asyncio.FIRST_COMPLETED)
            if w[0] in d and not self.ended: await self.execute(*w[0].result())
            for x in w: x.cancel()
    async def outbound(self, arg):
        m = re.match(r'([^:\s]+):(\d+)(.*)', arg)
        try: r, w = await asyncio.open_connection(m[1], int(m[2]))
        except OSError: self.sw.log('socket_refused', arg=arg); return self.kill('NORMAL_TEMPORARY_FAILURE')
        self.sock = Conn(self.sw, r, w, ch=self); self.sw.spawn(self.sock.run())
    def stop_play(self):
        if self.player:
            try: self.player.stopTransmit(self.am)
            except Exception: pass
            self.player = None
    async def play(self, path, stop_on_digit=False):
        f, secs = await self.sw.sound(path)
        if f is None: return 'FILE NOT FOUND'
        for _ in range(50):
            if getattr(self, 'am', None) or self.ended: break
            await asyncio.sleep(0.02)
        if self.ended: return 'HANGUP'
        self.ev('PLAYBACK_START', Playback_File_Path=path)
        if f:
            self.player = pj.AudioMediaPlayer(); self.player.createPlayer(f, pj.PJMEDIA_FILE_NO_LOOP); self.player.startTransmit(self.am)
        t0 = time.monotonic(); self.brk.clear(); n = len(self.digits); res = 'FILE PLAYED'
        term = self.vars.get('playback_terminators', '*')
        while time.monotonic() - t0 < secs:
            try: await asyncio.wait_for(self.brk.wait(), 0.02); res = 'BREAK'; break
            except asyncio.TimeoutError: pass
            if len(self.digits) > n and (stop_on_digit or (term != 'none' and (term == 'any' or any(c in term for c in self.digits[n:])))): res = 'DIGIT'; break
        self.stop_play()
        if self.ended: return 'HANGUP'
        self.ev('PLAYBACK_STOP', Playback_File_Path=path, Playback_Status='done' if res == 'FILE PLAYED' else 'break'); return res
    async def execute(self, app, arg, auid=None):
        auid = auid or str(uuid.uuid4()); self.ev('CHANNEL_EXECUTE', Application=app, Application_Data=arg, Application_UUID=auid); res = '_none_'
        self.sw.log('execute', uuid=self.uuid, app=app, arg=arg)
        if app == 'playback': res = await self.play(arg); self.vars['playback_ms'] = '0'
        elif app == 'speak': res = await self.play('say:' + arg.split('|')[-1])
        elif app in ('set', 'export'):
            k, _, v = arg.partition('='); self.vars[k] = v
        elif app in ('park', 'answer', 'start_dtmf', 'multiset', 'log', 'info'): pass
        elif app == 'sleep':
            try: await asyncio.wait_for(self.ended_ev.wait(), int(arg) / 1000)
            except asyncio.TimeoutError: pass
        elif app == 'hangup': self.kill(arg or 'NORMAL_CLEARING')
        elif app == 'play_and_get_digits': await self.pagd(words(arg))
        else: self.sw.log('violation', what=f'unknown application {app}'); res = 'INVALID APPLICATION'; self.kill('NORMAL_UNSPECIFIED')
        if not self.ended or app == 'hangup': self.ev('CHANNEL_EXECUTE_COMPLETE', Application=app, Application_Data=arg, Application_Response=res, Application_UUID=auid)
    async def pagd(self, a):
        mn, mx, tries, to, term, f, inv = int(a[0]), int(a[1]), int(a[2]), int(a[3]) / 1000, a[4], a[5], a[6]; var = a[7] if len(a) > 7 else None; rx = a[8] if len(a) > 8 else None; dto = int(a[9]) / 1000 if len(a) > 9 else to
        for k in range(tries):
            n0 = len(self.digits); await self.play(f, stop_on_digit=True); end = time.monotonic() + to; got = ''; terminated = False
            while not self.ended:
                raw = self.digits[n0:]; cut = next((i for i, c in enumerate(raw) if c in term and term != 'none'), None)
                if cut is not None: got, terminated = raw[:cut], True
                else: got = raw[:mx]
                if terminated or len(got) >= mx or time.monotonic() > end: break
                self.dig_ev.clear()
                try: await asyncio.wait_for(self.dig_ev.wait(), max(0.01, end - time.monotonic())); end = time.monotonic() + dto
                except asyncio.TimeoutError: pass
            if self.ended: return
            if len(got) >= mn and got and (not rx or re.fullmatch(rx, got)):
                if var: self.vars[var] = got
                return
            if var and got: self.vars[var + '_invalid'] = got
            if got or k < tries - 1: await self.play(inv)
        if var: self.vars.pop(var, None)


class Conn:
    n = 0
    def __init__(self, sw, r, w, ch=None): Conn.n += 1; self.id = Conn.n; self.sw, self.r, self.w, self.ch, self.authed, self.fmt, self.evs, self.filters, self.lingering, self.open = sw, r, w, ch, ch is not None, None, set(), [], False, True
    def send(self, h, body=''):
        if not self.open: return
        b = body.encode(); 
        if b: h = {**h, 'Content-Length': len(b)}
        try: self.w.write(''.join(f'{k}: {v}\n' for k, v in h.items()).encode() + b'\n' + b)
        except Exception: pass
    def reply(self, t, **k): self.send({'Content-Type': 'command/reply', 'Reply-Text': t, **{a.replace('_', '-'): b for a, b in k.items()}})
    def close(self):
        if self.open:
            self.open = False; self.sw.conns.discard(self); self.sw.log('esl_close', conn=self.id)
            try: self.w.close()
            except Exception: pass
    def event(self, name, h, uid, body=''):
        if not self.fmt or not ('ALL' in self.evs or name in self.evs): return
        if self.ch and uid != self.ch.uuid: return
        if self.filters and not any(h.get(k) is not None and re.fullmatch(v, str(h[k])) for k, v in self.filters): return
        if self.fmt == 'json':
            b = json.dumps({k: str(v) for k, v in h.items()} | ({'_body': body, 'Content-Length': str(len(body))} if body else {})); self.send({'Content-Type': 'text/event-json'}, b)
        else:
            t = ''.join(f'{k}: {q(v)}\n' for k, v in h.items())
            self.send({'Content-Type': 'text/event-plain'}, t + (f'Content-Length: {len(body.encode())}\n\n{body}' if body else '\n'))
    async def run(self):
        self.sw.conns.add(self); self.sw.log('esl_connect', conn=self.id, outbound=bool(self.ch))
        try:
            if not self.ch: self.send({'Content-Type': 'auth/request'})
            while self.open:
                raw = (await self.r.readuntil(b'\n\n')).decode('utf-8', 'replace'); ls = raw.strip('\n').split('\n'); h = {}
                for l in ls[1:]:
                    k, s, v = l.partition(':')
                    if not s: self.sw.log('violation', what=f'header line without colon: {l!r}')
                    h[k.strip().lower()] = v.strip()
                body = (await self.r.readexactly(int(h['content-length']))).decode() if h.get('content-length') else ''
                if ls[0].strip(): await self.cmd(ls[0].strip(), h, body)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError): pass
        finally: self.close()
        if self.ch and not self.ch.ended and not self.lingering and self.async_ is False: self.ch.kill('NORMAL_CLEARING')
    async_ = True
    async def cmd(self, l, h, body):
        sw = self.sw; c, _, arg = l.partition(' '); c = c.lower(); arg = arg.strip()
        if c != 'auth': sw.log('esl', conn=self.id, cmd=l, headers=h or None, body=body or None)
        if not self.authed:
            if c == 'auth' and arg == sw.a.password and not sw.refuse_auth: self.authed = True; return self.reply('+OK accepted')
            if c == 'exit': self.reply('+OK bye'); return self.close()
            sw.log('violation' if c != 'auth' else 'bad_auth', what=c); self.reply('-ERR invalid' if c == 'auth' else '-ERR command not found'); await asyncio.sleep(0.05); self.send({'Content-Type': 'text/disconnect-notice'}, 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n'); return self.close()
        if c == 'event' or c == 'myevents':
            w = arg.split()
            if c == 'myevents' and self.ch: w = [w[0] if w else 'plain', 'ALL']
            if not w or w[0] not in ('plain', 'json'): return self.reply('-ERR no keywords supplied' if not w else '-ERR only plain and json here')
            bad = [x for x in w[1:] if x.upper() not in EVENTS and 'CUSTOM' not in [y.upper() for y in w]]
            if bad: sw.log('violation', what=f'unknown events {bad}')
            self.fmt = w[0]; self.evs |= {x.upper() for x in w[1:]}; return self.reply(f'+OK event listener enabled {w[0]}')
        if c == 'noevents': self.fmt, self.evs = None, set(); return self.reply('+OK no longer listening for events')
        if c == 'nixevent': self.evs -= set(arg.upper().split()); return self.reply('+OK')
        if c == 'filter':
            w = arg.split(None, 2)
            if w and w[0] == 'delete': self.filters = [f for f in self.filters if f[0] != w[1]]; return self.reply('+OK filter deleted')
            self.filters.append((w[0], ' '.join(w[1:]))); return self.reply(f'+OK filter added. [{w[0]}]=[{" ".join(w[1:])}]')
        if c == 'connect' and self.ch: return self.send({'Content-Type': 'command/reply', 'Reply-Text': '+OK', 'Socket-Mode': 'async', 'Control': 'full', 'Event-Name': 'CHANNEL_DATA', **{k: q(v) for k, v in self.ch.hdr().items()}})
        if c == 'linger': self.lingering = True; return self.reply('+OK will linger')
        if c == 'nolinger': self.lingering = False; return self.reply('+OK')
        if c in ('exit', '...'): self.reply('+OK bye'); return self.close()
        if c == 'log' or c == 'nolog': return self.reply('+OK log level')
        if c == 'api':
            b = await self.api(arg); return self.send({'Content-Type': 'api/response', **({'Content-Length': 0} if not b else {})}, b)
        if c == 'bgapi':
            j = h.get('job-uuid') or str(uuid.uuid4()); self.reply('+OK Job-UUID: ' + j, Job_UUID=j)
            n, _, ag = arg.partition(' ')
            async def job():
                b = await self.api(arg); sw.emit('BACKGROUND_JOB', {'Job-UUID': j, 'Job-Command': n, 'Job-Command-Arg': ag}, None, b)
            sw.spawn(job()); return
        if c == 'sendmsg':
            ch = sw.chans.get(arg) if arg else self.ch
            if not ch: return self.reply('-ERR invalid session id [' + arg + ']')
            cc = h.get('call-command')
            if cc == 'execute':
                a = h.get('execute-app-name')
                if not a: return self.reply('-ERR no application')
                for _ in range(int(h.get('loops', 1) or 1)): ch.queue.put_nowait((a, h.get('execute-app-arg', body), h.get('event-uuid')))
                return self.reply('+OK')
            if cc == 'hangup': ch.kill(h.get('hangup-cause', 'NORMAL_CLEARING')); return self.reply('+OK')
            sw.log('violation', what=f'sendmsg call-command {cc}'); return self.reply('-ERR invalid command')
        sw.log('violation', what='unknown command ' + c); self.reply('-ERR command not found')
    async def api(self, arg):
        sw = self.sw; c, _, a = arg.partition(' ')
        if c == 'originate': return (await sw.originate(a)) + '\n'
        if c == 'uuid_kill':
            w = a.split(); ch = sw.chans.get(w[0] if w else '')
            if not ch: return '-ERR No such channel!\n'
            ch.kill(w[1] if len(w) > 1 else 'MANAGER_REQUEST'); return '+OK\n'
        if c == 'uuid_exists': return 'true' if a in sw.chans else 'false'
        if c in ('uuid_broadcast', 'uuid_break', 'uuid_getvar', 'uuid_setvar', 'uuid_send_dtmf', 'uuid_dump'):
            w = a.split(); ch = sw.chans.get(w[0] if w else '')
            if not ch: return '-ERR No such channel!\n'
            if c == 'uuid_broadcast': ch.queue.put_nowait(('playback', w[1], None)); return '+OK Message sent\n'
            if c == 'uuid_break': ch.brk.set(); return '+OK\n'
            if c == 'uuid_getvar': return ch.vars.get(w[1], '_undef_')
            if c == 'uuid_setvar': ch.vars[w[1]] = ' '.join(w[2:]); return '+OK\n'
            if c == 'uuid_send_dtmf': ch.call.dialDtmf(w[1]); return '+OK\n'
            return ''.join(f'{k}: {v}\n' for k, v in ch.hdr().items())
        if c == 'create_uuid': return str(uuid.uuid4())
        if c == 'status': return f'UP 0 years, 0 days, 0 hours, {int(time.time() - sw.t0) // 60} minutes\nESL test switch (PJSIP {sw.ver}) is ready\n{len(sw.chans)} session(s)\n'
        if c == 'version': return f'FreeSWITCH-compatible test switch on PJSIP {sw.ver}\n'
        if c == 'show' and a.startswith('channels'):
            rows = [{'uuid': x.uuid, 'dest': x.dest.split('@')[0], 'state': x.state} for x in sw.chans.values()]; return json.dumps({'row_count': len(rows), 'rows': rows}) if 'json' in a else f'\n{len(rows)} total.\n'
        if c == 'sofia' : return '\n'.join(f'{g}\tgateway\tsip:{t}\tNOREG' for g, t in sw.gw.items()) + '\n'
        sw.log('violation', what='unknown api ' + c); return f'-ERR {c} Command not found!\n'


class Switch:
    def __init__(self, a):
        self.a, self.loop, self.chans, self.conns, self.graveyard, self.events, self.accs, self.tasks, self.t0 = a, asyncio.get_running_loop(), {}, set(), [], [], {}, set(), time.time()
        self.refuse_auth, self.gw = False, dict(g.split('=', 1) for g in a.gateway); self.lf = open(a.log, 'a', buffering=1) if a.log else None; self.seq = 0
        self.ep = ep = pj.Endpoint(); ep.libCreate(); c = pj.EpConfig(); c.uaConfig.threadCnt = 0; c.uaConfig.mainThreadOnly = True; c.uaConfig.maxCalls = a.max_calls; c.uaConfig.userAgent = 'esl-test-switch'; c.logConfig.level = a.sip_log; c.logConfig.consoleLevel = a.sip_log; c.medConfig.noVad = True; c.medConfig.clockRate = 8000; c.medConfig.sndClockRate = 8000; c.medConfig.ecTailLen = 0
        ep.libInit(c); t = pj.TransportConfig(); t.port, t.boundAddress = a.sip_port, a.host; self.tid = ep.transportCreate(pj.PJSIP_TRANSPORT_UDP, t); ep.libStart(); ep.audDevManager().setNullDev(); self.ver = ep.libVersion().full
        for x in ep.codecEnum2(): ep.codecSetPriority(x.codecId, 255 if x.codecId.startswith('PCMA') else 254 if x.codecId.startswith('PCMU') else 0)
    def account(self, cid):
        if cid not in self.accs:
            ac = pj.AccountConfig(); ac.idUri = f'sip:{cid}@{self.a.host}'; ac.sipConfig.transportId = self.tid; ac.mediaConfig.transportConfig.boundAddress = self.a.host; ac.mediaConfig.transportConfig.port = self.a.rtp_port
            x = pj.Account(); x.create(ac); self.accs[cid] = x
        return self.accs[cid]
    def spawn(self, co): t = asyncio.ensure_future(co); self.tasks.add(t); t.add_done_callback(self.fin)
    def fin(self, t):
        self.tasks.discard(t)
        if not t.cancelled() and t.exception(): import traceback; traceback.print_exception(t.exception()); self.log('internal_error', what=repr(t.exception()))
    def log(self, ev, **k):
        r = {'t': round(time.time(), 3), 'ev': ev, **{a: b for a, b in k.items() if b is not None}}; self.events.append(r); del self.events[:-50000]
        if self.lf: self.lf.write(json.dumps(r, ensure_ascii=False) + '\n')
    def emit(self, name, h, uid, body=''):
        self.seq += 1; self.log('event', name=name, uuid=uid, cause=h.get('Hangup-Cause'), digit=h.get('DTMF-Digit'), body=body.strip() or None, job=h.get('Job-UUID'))
        full = {'Event-Name': name, 'Core-UUID': self.core, 'FreeSWITCH-Hostname': 'esl-test-switch', 'Event-Date-Timestamp': int(time.time() * 1e6), 'Event-Sequence': self.seq, **h}
        for c in list(self.conns): c.event(name, full, uid, body)
    core = str(uuid.uuid4())
    async def sound(self, path):
        m = re.match(r'silence_stream://(-?\d+)', path)
        if m: return '', int(m[1]) / 1000
        if path.startswith('say:'):
            f = f'{__import__("tempfile").gettempdir()}/esl-say-{hashlib.sha1(path.encode()).hexdigest()[:12]}.wav'
            if not os.path.exists(f):
                p = await asyncio.create_subprocess_exec('espeak-ng', '-w', f + '.raw.wav', path[4:]); await p.wait(); p = await asyncio.create_subprocess_exec('sox', f + '.raw.wav', '-r', '8000', '-c', '1', '-b', '16', f); await p.wait()
        else:
            f = path if path.startswith('/') else os.path.join(self.a.sounds, path)
            if not os.path.exists(f): self.log('violation', what='no such sound ' + path); return None, 0
        w = wave.open(f); return f, w.getnframes() / w.getframerate()
    async def originate(self, a):
        m = re.match(r'\s*(?:\{(.*?)\})?\s*(\S+)\s+(.+)$', a)
        if not m: return '-USAGE: originate <call_url> <exten>|&<application_name>(<app_args>)'
        vars, s, cur = {}, m[1] or '', ''
        for tok in re.findall(r"((?:[^,']|'[^']*')+)", s):
            k, _, v = tok.partition('='); vars[k.strip()] = v.strip().strip("'")
        u = m[2]; g = re.match(r'sofia/gateway/([^/]+)/(.+)$', u)
        if g:
            if g[1] not in self.gw: return '-ERR INVALID_GATEWAY'
            dest = f'{g[2]}@{self.gw[g[1]]}'
        else:
            g = re.match(r'sofia/[^/]+/(?:sip:)?(.+@.+)$', u)
            if not g: return '-ERR CHAN_NOT_IMPLEMENTED'
            dest = g[1]
        ap = re.match(r'&(\w+)\((.*)\)\s*$', m[3].strip())
        if not ap: self.log('violation', what='originate without &app(): ' + m[3]); return '-ERR NO_ROUTE_DESTINATION'
        uid = vars.get('origination_uuid') or str(uuid.uuid4())
        if uid in self.chans: return '-ERR DUPLICATE_UUID'
        ch = Channel(self, uid, dest, vars); ch.after = (ap[1], ap[2]); self.chans[uid] = ch; self.log('originate', uuid=uid, dest=dest, vars=vars, app=ap[0]); ch.dial()
        return await ch.done
    async def http(self, r, w):
        try:
            hd = (await r.readuntil(b'\r\n\r\n')).decode(); meth, path = hd.split(' ')[:2]; n = int((re.search(r'(?i)content-length: *(\d+)', hd) or [0, 0])[1]); b = json.loads(await r.readexactly(n)) if n else {}; st, res = 200, {'ok': True}
            if path == '/health': res = {'ok': True, 'pjsip': self.ver}
            elif path == '/events': res = self.events
            elif path == '/calls': res = [e for e in self.events if e['ev'] in ('originate', 'call_end')]
            elif path == '/violations': res = [e for e in self.events if e['ev'] in ('violation', 'internal_error')]
            elif path == '/channels': res = [{'uuid': c.uuid, 'dest': c.dest, 'answered': bool(c.answered), 'digits': c.digits} for c in self.chans.values()]
            elif path == '/drop': res = {'dropped': [c.id for c in list(self.conns) if not c.close()]}                          # ESL connections only; calls go on
            elif path == '/refuse_auth': self.refuse_auth = b.get('on', True)
            elif path == '/crash': [c.close() for c in list(self.conns)]; [c.kill('NORMAL_TEMPORARY_FAILURE') for c in list(self.chans.values())]
            elif path == '/reset': self.events.clear()
            elif path == '/stop': self.loop.call_later(0.1, self.quit)
            else: st, res = 404, {}
        except Exception as e: st, res = 400, {'error': repr(e)}
        o = json.dumps(res).encode(); w.write(f'HTTP/1.1 {st} X\r\nContent-Type: application/json\r\nContent-Length: {len(o)}\r\nConnection: close\r\n\r\n'.encode() + o); await w.drain(); w.close()
    def quit(self): os._exit(0)
    async def main(self):
        await asyncio.start_server(lambda r, w: Conn(self, r, w).run(), self.a.host, self.a.esl_port); await asyncio.start_server(self.http, self.a.host, self.a.http)
        for s in (signal.SIGTERM, signal.SIGINT): self.loop.add_signal_handler(s, self.quit)
        print(json.dumps({'ready': True, 'esl': f'{self.a.host}:{self.a.esl_port}', 'sip': f'{self.a.host}:{self.a.sip_port}', 'http': self.a.http, 'pid': os.getpid()}), flush=True); hb = time.time()
        while True:
            self.ep.libHandleEvents(1); await asyncio.sleep(0.008 if self.chans else 0.02)
            if time.time() - hb > 20: hb = time.time(); self.emit('HEARTBEAT', {'Event-Info': 'System Ready', 'Session-Count': len(self.chans)}, None)

P = argparse.ArgumentParser(); A = P.add_argument
A('--host', default='127.0.0.1'); A('--esl-port', type=int, default=8021); A('--sip-port', type=int, default=15060); A('--rtp-port', type=int, default=16000); A('--http', type=int, default=8022); A('--password', default='ClueCon')
A('--gateway', action='append', default=[], help='name=host:port'); A('--sounds', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), 'sounds')); A('--log'); A('--max-calls', type=int, default=4, help='trunk channels; the PyPI wheel of PJSIP is built for 4 at most'); A('--sip-log', type=int, default=0)
a = P.parse_args(); a.gateway = a.gateway or ['carrier=127.0.0.1:15090']
async def m(): await Switch(a).main()
asyncio.run(m())
