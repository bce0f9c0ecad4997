#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# The blocks of a pcapng file (draft-ietf-opsawg-pcapng) as lines of JSON, with all that the format promises looked after: lengths at
# both ends of a block, padding, ends of options, interfaces that were described before they are named. pcapng.pl [FILE]

use strict;
use warnings;

my %options = (
	0x0A0D0D0A => { 1 => 'comment', 2 => 'hardware', 3 => 'os', 4 => 'application' },
	1 => { 2 => 'name', 3 => 'description', 6 => 'mac', 9 => 'tsresol', 11 => 'filter' },
	5 => { 2 => 'starttime', 3 => 'endtime', 4 => 'ifrecv', 5 => 'ifdrop', 7 => 'osdrop', 8 => 'usrdeliv' },
	6 => { 2 => 'flags', 4 => 'dropcount' },
);
my %as = (
	mac => sub { '"' . join(':', map { sprintf '%02x', $_ } unpack('C*', $_[0])) . '"' },
	tsresol => sub { unpack('C', $_[0]) },
	flags => sub { unpack('L', $_[0]) },
	(map { $_ => sub { unpack('Q', $_[0]) } } qw(ifrecv ifdrop osdrop usrdeliv)),
	(map { $_ => \&time_of } qw(starttime endtime)),
);

sub time_of { my ($high, $low) = unpack('LL', $_[0]); return $high * 4294967296 + $low }

sub quoted { my $s = shift; $s =~ s/(["\\\x00-\x1f])/sprintf('\\u%04x', ord $1)/ge; return qq("$s") }

sub padded {
	my ($in, $len) = @_;
	my $padding = -$len & 3;
	die "cut short\n" if length($$in) < $len + $padding;
	my $data = substr($$in, 0, $len, '');
	die "padding is not zero\n" if substr($$in, 0, $padding, '') =~ /[^\0]/;
	return $data;
}

sub read_options {
	my ($type, $body, $out) = @_;
	return if $body eq '';
	for (;;) {
		die "options without an end\n" if length($body) < 4;
		my ($code, $len) = unpack('SS', substr($body, 0, 4, ''));
		last if $code == 0 && $len == 0;
		my $data = padded(\$body, $len);
		my $name = $options{$type}{$code} or die "block $type: option $code\n";
		push @$out, qq("$name":) . ($as{$name} || \&quoted)->($data);
	}
	die "something behind the options\n" if $body ne '';
}

binmode STDOUT;
my $in = @ARGV ? do { open my $f, '<:raw', $ARGV[0] or die "$ARGV[0]: $!\n"; local $/; <$f> } : do { binmode STDIN; local $/; <STDIN> };
my $interfaces = 0;
my $first = 1;

while (length $in) {
	die "cut short\n" if length($in) < 12;
	my ($type, $len) = unpack('LL', $in);
	die "block of $len bytes\n" if $len < 12 || $len % 4 || $len > length $in;
	my $block = substr($in, 0, $len, '');
	my $body = substr($block, 8, $len - 12);
	my @out;
	die "lengths differ\n" if unpack('L', substr($block, -4)) != $len;
	die "no section\n" if $first && $type != 0x0A0D0D0A;
	$first = 0;
	if ($type == 0x0A0D0D0A) {
		my ($magic, $major, $minor, $length) = unpack('LSSq', substr($body, 0, 16, ''));
		die "byte order\n" if $magic != 0x1A2B3C4D;
		push @out, qq("block":"section","version":"$major.$minor","length":$length);
	} elsif ($type == 1) {
		my ($linktype, $reserved, $snaplen) = unpack('SSL', substr($body, 0, 8, ''));
		die "reserved\n" if $reserved;
		push @out, qq("block":"interface","number":$interfaces,"linktype":$linktype,"snaplen":$snaplen);
		$interfaces++;
	} elsif ($type == 5) {
		my $interface = unpack('L', substr($body, 0, 4, ''));
		die "interface $interface\n" if $interface >= $interfaces;
		push @out, qq("block":"statistics","interface":$interface,"time":) . time_of(substr($body, 0, 8, ''));
	} elsif ($type == 6) {
		my $interface = unpack('L', substr($body, 0, 4, ''));
		my $time = time_of(substr($body, 0, 8, ''));
		my ($captured, $length) = unpack('LL', substr($body, 0, 8, ''));
		die "interface $interface\n" if $interface >= $interfaces;
		my $data = unpack('H*', padded(\$body, $captured));
		# As text: jq(1) has no integers of 64 bits.
		push @out, qq("block":"packet","interface":$interface,"time":"$time","captured":$captured,"length":$length,"data":"$data");
	} else {
		die "block $type\n";
	}
	read_options($type, $body, \@out);
	print '{', join(',', @out), "}\n";
}
