#!/usr/bin/perl
# A small strict SMSC for tests, on Debian's libnet-smpp-perl: another implementation of SMPP 3.4 than the one under
# test, with another one's character sets. It answers, and tells on standard output, one JSON object a line:
#
#   {"event":"listening","port":…}
#   {"event":"bound"|"bind-refused","connection":…,"as":"transceiver"|"transmitter"|"receiver"}   {"event":"unbound"|"disconnected","connection":…}
#   {"event":"submit","connection","source","source_type","destination","data_coding","esm_class","registered_delivery",
#    "validity_period","priority","payload","udh","body","text","message_id","answer","at","flaws":[…]}
#       udh, body: hex; text: decoded here; answer: command_status in hex, "silent", "dropped"; a submit with flaws is refused;
#       at: milliseconds since 1970
#   {"event":"delivered","message_id","status","connection"}          the ESME answered a receipt or message, with its command_status;
#       one that it did not take is told again
#
#   --port N --system-id NAME --password WORD
#   --throttle-every N       every nth submit is answered with ESME_RTHROTTLED
#   --drop-at N              the connection is dropped after the nth submit, which has been taken and gets no answer
#   --silent-from N          from the nth submit on it takes and never answers
#   --late-at N --late-ms N  the nth submit is answered late
#   --drop-every N --silent-every N --late-every N           the same of every nth submit
#   --refuse-every N         every nth submit is answered with ESME_RINVDSTADR
#   --trouble-every N        every nth submit is answered with ESME_RSYSERR
#   --refuse NUMBER          that destination is answered with ESME_RINVDSTADR
#   --receipt STATE          DELIVRD (default), UNDELIV, …, or none      --receipt-ms N    how long it takes (50)
#   --receipt-first 1        the receipt comes before the answer to its submit
#   --elsewhere 1            a receipt comes on another bind than its submit, as soon as there is one
#   --ids text|hex           hex: hexadecimal in answers, decimal in receipts
# Standard input: `mo NUMBER TEXT`: a message from a subscriber; `hang-up`: drops all connections; `set OPTION VALUE`: from now
# on; `receipt ID NUMBER`: tells what became of the message of this id to the number; `garbage`: writes what is no PDU to all
# connections; `half`: writes the first half of a deliver_sm to them; its end ends it.
use strict;
use warnings;
use Net::SMPP;
use IO::Select;
use JSON::PP;
use Encode qw(decode encode);
use Time::HiRes qw(time);
use Getopt::Long;

my %option = (
    port => 2775, 'system-id' => 'keymoment', password => 'secret', 'throttle-every' => 0, 'drop-at' => 0,
    'silent-from' => 0, 'late-at' => 0, 'drop-every' => 0, 'silent-every' => 0, 'late-every' => 0, 'late-ms' => 1000,
    refuse => '', 'refuse-every' => 0, 'trouble-every' => 0, receipt => 'DELIVRD', 'receipt-ms' => 50, 'receipt-first' => 0, elsewhere => 0,
    ids => 'text',
);
GetOptions(\%option, map { "$_=s" } keys %option) or die "see the head of smsc.pl\n";

use constant { OK => 0, INVALID_DESTINATION => 0x0b, BAD_PASSWORD => 0x0e, BAD_BIND => 0x04, SYSTEM_ERROR => 0x08, THROTTLED => 0x58, SUBMIT_FAILED => 0x45 };
use constant { SUBMIT => 0x04, DELIVER_RESP => 0x80000005, UNBIND => 0x06, ENQUIRE => 0x15, ENQUIRE_RESP => 0x80000015 };

my %bind_kind = (0x01 => 'receiver', 0x02 => 'transmitter', 0x09 => 'transceiver');

$SIG{PIPE} = 'IGNORE';
$SIG{__WARN__} = sub { print STDERR @_ unless $_[0] =~ /premature eof|I\/O error/ };
$| = 1;
my $json = JSON::PP->new->canonical->ascii;
sub tell_ { my %event = @_; print $json->encode(\%event), "\n" }

my $listener = Net::SMPP->new_listen('127.0.0.1', port => $option{port}) or die "cannot listen: $!\n";
my $select = IO::Select->new($listener, \*STDIN);
my (%number, %bound, %delivering, @later);
my ($connections, $submits, $ids, $input) = (0, 0, 0x1f3a0, '');
tell_(event => 'listening', port => 0 + $option{port});

while (1) {
    my ($next) = sort { $a <=> $b } map { $_->[0] } @later;
    my $wait = defined $next ? $next - time : undef;
    for my $handle ($select->can_read(defined $wait && $wait < 0 ? 0 : $wait)) {
        if ($handle == $listener) { take_connection() }
        elsif ($handle == \*STDIN) { take_commands() }
        else { take_pdu($handle) if $number{$handle} }
    }
    my $now = time;
    my @due = sort { $a->[0] <=> $b->[0] } grep { $_->[0] <= $now } @later;
    @later = grep { $_->[0] > $now } @later;
    $_->[1]->() for @due;
}

sub after_ms { my ($ms, $task) = @_; push @later, [time + $ms / 1000, $task] }

sub take_connection {
    my $connection = $listener->accept or return;
    $number{$connection} = ++$connections;
    $select->add($connection);
}

sub drop {
    my ($connection) = @_;
    my $number = delete $number{$connection} or return;
    delete $bound{$connection};
    $select->remove($connection);
    $connection->close;
    tell_(event => 'disconnected', connection => $number);
}

sub take_commands {
    my $read = sysread STDIN, $input, 4096, length $input;
    exit 0 unless $read;
    while ($input =~ s/^(.*?)\n//) {
        my $line = $1;
        if ($line =~ /^mo (\+?)(\d+) (.*)$/) { message_from($1, $2, decode('UTF-8', $3)) }
        elsif ($line =~ /^set ([a-z-]+) (\S+)$/ && exists $option{$1}) { $option{$1} = $2 }
        elsif ($line =~ /^receipt (\S+) (\d+)$/) { receipt_of($1, $2, '10086') }
        elsif ($line eq 'garbage') { syswrite($_->{connection}, "HTTP/1.1 400 Bad Request\r\n\r\n") for values %bound }
        elsif ($line eq 'half') { syswrite($_->{connection}, pack 'N4 a12', 64, 5, 0, 1, '') for values %bound }
        elsif ($line eq 'hang-up') { drop($_) for map { $_->{connection} } values %bound }
        else { print STDERR "not understood: $line\n" }
    }
}

sub take_pdu {
    my ($connection) = @_;
    my $pdu = $connection->read_pdu;
    return drop($connection) unless $pdu;
    my $cmd = $pdu->{cmd};
    if ($bind_kind{$cmd}) { take_bind($connection, $pdu) }
    elsif ($cmd == ENQUIRE) { $connection->enquire_link_resp(seq => $pdu->{seq}) }
    elsif ($cmd == UNBIND) {
        $connection->unbind_resp(seq => $pdu->{seq});
        tell_(event => 'unbound', connection => $number{$connection});
    }
    elsif ($cmd == DELIVER_RESP) {
        my ($id, @fields) = @{ delete $delivering{$connection, $pdu->{seq}} // return };
        tell_(event => 'delivered', message_id => $id, status => sprintf('%02x', $pdu->{status}), connection => $number{$connection});
        after_ms(200, sub { deliver($id, @fields) }) if $pdu->{status} != OK;
    }
    elsif ($cmd == SUBMIT && $bound{$connection} && $bound{$connection}{kind} ne 'receiver') { take_submit($connection, $pdu) }
    elsif ($cmd != ENQUIRE_RESP) { $connection->generic_nack(seq => $pdu->{seq}, status => BAD_BIND) }
}

sub take_bind {
    my ($connection, $pdu) = @_;
    my $known = $pdu->{system_id} eq $option{'system-id'} && $pdu->{password} eq $option{password};
    my $kind = $bind_kind{$pdu->{cmd}};
    my $answer = "bind_${kind}_resp";
    $connection->$answer(system_id => 'smsc', seq => $pdu->{seq}, status => $known ? OK : BAD_PASSWORD);
    $bound{$connection} = { connection => $connection, kind => $kind } if $known;
    tell_(event => $known ? 'bound' : 'bind-refused', connection => $number{$connection}, as => $kind);
}

# What is wrong with a submit, and what it says.
sub read_submit {
    my ($pdu) = @_;
    my ($udh, $body, @flaws) = ('', $pdu->{short_message});
    my $payload = $pdu->{message_payload};
    if (defined $payload) {
        push @flaws, 'two-bodies' if $body ne '';
        $body = $payload;
    }
    if ($pdu->{esm_class} & 0x40) {
        my $length = 1 + ord $body;
        ($udh, $body) = (substr($body, 0, $length), substr($body, $length));
        my ($own, $element, $size, $reference, $parts, $part) = unpack 'C6', $udh;
        push @flaws, 'header' unless length $udh == 6 && $element == 0 && $size == 3 && $part >= 1 && $part <= $parts;
    }
    elsif ($body =~ /^\x05\x00\x03/) { push @flaws, 'header-not-announced' }
    my ($text, $limit) = ('', $udh eq '' ? 140 : 134);
    if ($pdu->{data_coding} == 0) {
        push @flaws, 'not-septets' if $body =~ /[\x80-\xff]/;
        push @flaws, 'too-long' if !defined $payload && length $body > ($udh eq '' ? 160 : 153);
        push @flaws, 'cut-escape' if $body =~ /\x1b$/;
        $text = decode('gsm0338', $body);
    }
    elsif ($pdu->{data_coding} == 8) {
        push @flaws, 'odd-length' if length($body) % 2;
        push @flaws, 'too-long' if !defined $payload && length $body > $limit;
        push @flaws, 'cut-surrogates' if $body =~ /^[\xdc-\xdf]/ || $body =~ /[\xd8-\xdb].$/s && length($body) % 2 == 0 && ord(substr $body, -2) >= 0xd8 && ord(substr $body, -2) <= 0xdb;
        $text = eval { decode('UTF-16BE', $body, Encode::FB_CROAK | Encode::LEAVE_SRC) } // '';
    }
    else { push @flaws, 'data-coding' }
    push @flaws, 'no-receipt-wanted' unless $pdu->{registered_delivery} == 1;
    push @flaws, 'destination' unless $pdu->{destination_addr} =~ /^[1-9]\d{6,14}$/ && $pdu->{dest_addr_ton} == 1;
    push @flaws, 'validity' unless $pdu->{validity_period} =~ /^0000\d{8}000R$/;
    return ($udh, $body, $text, @flaws);
}

sub take_submit {
    my ($connection, $pdu) = @_;
    my ($udh, $body, $text, @flaws) = read_submit($pdu);
    my $n = ++$submits;
    my $id = ++$ids;
    my $status = @flaws ? SUBMIT_FAILED
        : $pdu->{destination_addr} eq $option{refuse} || every('refuse-every', $n) ? INVALID_DESTINATION
        : every('throttle-every', $n) ? THROTTLED
        : every('trouble-every', $n) ? SYSTEM_ERROR
        : OK;
    my $dropping = $option{'drop-at'} == $n || every('drop-every', $n);
    my $silent = $option{'silent-from'} && $n >= $option{'silent-from'} || every('silent-every', $n);
    tell_(
        event => 'submit', connection => $number{$connection}, source => $pdu->{source_addr},
        source_type => "$pdu->{source_addr_ton}/$pdu->{source_addr_npi}",
        destination => $pdu->{destination_addr}, data_coding => $pdu->{data_coding}, esm_class => $pdu->{esm_class},
        registered_delivery => $pdu->{registered_delivery}, validity_period => $pdu->{validity_period},
        priority => $pdu->{priority_flag}, payload => defined $pdu->{message_payload} ? 1 : 0,
        udh => unpack('H*', $udh), body => unpack('H*', $body), text => $text, message_id => id_in_answer($id),
        answer => $dropping ? 'dropped' : $silent ? 'silent' : sprintf('%02x', $status),
        at => int(1000 * time), flaws => \@flaws,
    );
    return drop($connection) if $dropping;
    return if $silent;
    my $answer = sub {
        return unless $number{$connection};
        $connection->submit_sm_resp(seq => $pdu->{seq}, status => $status, message_id => $status ? '' : id_in_answer($id));
    };
    my $late = $option{'late-at'} == $n || every('late-every', $n) ? $option{'late-ms'} : 0;
    my $receipted = $status == OK && $option{receipt} ne 'none';
    if ($option{'receipt-first'}) {
        receipt($connection, $pdu, $id) if $receipted;
        return after_ms($option{'receipt-ms'}, $answer);
    }
    $late ? after_ms($late, $answer) : $answer->();
    after_ms($late + $option{'receipt-ms'}, sub { receipt($connection, $pdu, $id) }) if $receipted;
}

sub every { my ($name, $n) = @_; return $option{$name} && $n % $option{$name} == 0 }

sub id_in_answer { $option{ids} eq 'hex' ? sprintf('%X', $_[0]) : "m-$_[0]_a" }
sub id_in_receipt { $option{ids} eq 'hex' ? sprintf('%010d', $_[0]) : "m-$_[0]_a" }

sub receipt {
    my ($connection, $pdu, $id) = @_;
    my $not_on = $option{elsewhere} ? $connection : '';
    receipt_of(id_in_receipt($id), $pdu->{destination_addr}, $pdu->{source_addr}, $not_on);
}

sub receipt_of {
    my ($id, $from, $to, $not_on) = @_;
    my $state = $option{receipt};
    my $error = $state eq 'DELIVRD' ? '000' : '011';
    my $text = sprintf 'id:%s sub:001 dlvrd:%03d submit date:2611220512 done date:2611220512 stat:%s err:%s text:…',
        $id, $state eq 'DELIVRD', $state, $error;
    deliver($id, source_addr => $from, source_addr_ton => 1, destination_addr => $to,
        esm_class => 0x04, data_coding => 0, short_message => encode('ascii', $text, sub { '.' }), not_on => $not_on);
}

sub message_from {
    my ($plus, $number, $text) = @_;
    my $gsm = eval { encode('gsm0338', $text, Encode::FB_CROAK | Encode::LEAVE_SRC) };
    deliver('mo', source_addr => $number, source_addr_ton => $plus ? 1 : 2, destination_addr => '10086', esm_class => 0,
        defined $gsm ? (data_coding => 0, short_message => $gsm)
                     : (data_coding => 8, short_message => encode('UTF-16BE', $text)));
}

# To whichever connection is bound and may be told, but for `not_on`; nobody there: told again until one is.
sub deliver {
    my ($id, %fields) = @_;
    my $not_on = delete $fields{not_on} // '';
    my ($bound) = grep { $_->{kind} ne 'transmitter' && $_->{connection} ne $not_on } values %bound;
    return after_ms(100, sub { deliver($id, %fields, not_on => $not_on) }) unless $bound;
    my $connection = $bound->{connection};
    my $seq = $connection->deliver_sm(async => 1, %fields);
    $delivering{$connection, $seq} = [$id, %fields, not_on => $not_on];
}
