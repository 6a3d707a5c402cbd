# SPDX-License-Identifier: GPL-2.0-only
#
# steps.awk - from what both kernels traced while bytes went there and back, sorted by the
# time-stamp counter, to lines NUMBER MICROSECONDS TEXT, one for each step of each round.
# A line of the trace is SIDE COUNTER TASK EVENT ARGS. What is not the step that is
# expected next is another's, or not of interest. Wants path, khz, card and there, the
# names of both ends.
#
# step() - the event that ends it
function step(side, pattern, text) {
	sides[++steps] = side
	patterns[steps] = pattern
	texts[steps] = text
}

function twin_path() {
	step("host", SENDS, "")
	step("host", "net_dev_start_xmit: dev=" card " ", "host: TCP/IP down to the tap")
	step("host", "sched_waking: comm=vhost-", "host: the tap wakes vhost")
	step("host", "sched_switch: .*==> next_comm=vhost-", "host: vhost gets a CPU")
	step("twin", "irq_handler_entry: .*name=twinos-doorbell", "vhost copies and calls, the twin is interrupted")
	step("twin", "(napi_gro_receive_entry|netif_receive_skb).*dev=" there " ", "twin: doorbell, NAPI, virtio_net")
	step("twin", "sched_waking: comm=stream ", "twin: TCP/IP up to the socket")
	step("twin", "sched_switch: .*==> next_comm=stream ", "twin: the server gets the CPU")
	step("twin", SENDS, "twin: it takes the byte and sends it")
	step("twin", "net_dev_start_xmit: dev=" there " ", "twin: TCP/IP down to virtio_net")
	step("host", "irq_handler_entry: .*name=twinos-bench", "virtio_net kicks, the host is interrupted")
	step("host", "sched_waking: comm=vhost-", "host: the doorbell wakes vhost")
	step("host", "sched_switch: .*==> next_comm=vhost-", "host: vhost gets a CPU")
	step("host", "netif_(receive_skb|rx).*dev=" card " ", "host: vhost makes a packet of it")
	step("host", "sched_waking: comm=stream ", "host: TCP/IP up to the socket")
	step("host", "sched_switch: .*==> next_comm=stream ", "host: the client gets a CPU")
	step("host", RECEIVED, "host: it takes the byte")
}

# Both ends are programs of the host's; which one is first does not matter.
function veth_path(    way, from, to) {
	for (way = 0; way < 2; way++) {
		from = way ? there : card
		to = way ? card : there
		step("host", SENDS, way ? "it takes the byte and sends it" : "")
		step("host", "net_dev_start_xmit: dev=" from " ", "TCP/IP down to the pair")
		step("host", "netif_(receive_skb|rx).*dev=" to " ", "the pair")
		step("host", "sched_waking: comm=stream ", "TCP/IP up to the socket")
		step("host", "sched_switch: .*==> next_comm=stream ", "who is there gets a CPU")
	}
	step("host", RECEIVED, "it takes the byte")
}

BEGIN {
	SENDS = "^stream.* sys_enter: NR 44 "
	RECEIVED = "^stream.* sys_exit: NR 45 "
	if (path == "veth")
		veth_path()
	else
		twin_path()
	at = 1
}

{
	line = $0
	sub(/^[^ ]* [^ ]* /, "", line)
}

$1 == sides[at] && line ~ patterns[at] {
	now[at++] = $2
	if (at <= steps)
		next
	for (i = 2; i <= steps; i++)
		print i - 1, (now[i] - now[i - 1]) * 1000 / khz, texts[i]
	print steps, (now[steps] - now[1]) * 1000 / khz, "all"
	at = 1
	next
}

# A round that has lost its way is not counted.
$1 == sides[1] && line ~ patterns[1] {
	now[1] = $2
	at = 2
}
