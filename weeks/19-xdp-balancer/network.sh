#!/bin/sh
# network.sh up|down: a network to play in, of namespaces: a client, a balancer
# and four backends at a switch, as in the handout's picture. Given. Root only.
set -eu

hosts='client balancer backend1 backend2 backend3 backend4'

down() {
	for host in switch $hosts; do
		ip netns del "xlb-$host" 2>/dev/null || :
	done
}

# What XDP_TX sends into a veth arrives only where the other end polls: that is
# what GRO on the switch's side is for. Offloads that leave checksums undone are
# off: no card is there to compute them.
join() {
	ip netns add "xlb-$1"
	ip link add eth0 netns "xlb-$1" type veth peer name "$1" netns xlb-switch
	ip -n xlb-switch link set "$1" master bridge up
	ip -n "xlb-$1" link set lo up
	ip -n "xlb-$1" link set eth0 up
	for end in "xlb-$1 eth0" "xlb-switch $1"; do
		ip netns exec "${end% *}" ethtool -K "${end#* }" \
			tx off tso off gso off >/dev/null
	done
	ip netns exec xlb-switch ethtool -K "$1" gro on >/dev/null
}

up() {
	ip netns add xlb-switch
	ip -n xlb-switch link add bridge type bridge
	ip -n xlb-switch link set bridge up
	for host in $hosts; do
		join "$host"
	done
	ip -n xlb-client addr add 10.0.0.1/24 dev eth0
	for address in 10.0.0.2/24 10.0.1.2/24 10.0.0.80/32; do
		ip -n xlb-balancer addr add "$address" dev eth0
	done
	for n in 1 2 3 4; do
		ip -n "xlb-backend$n" addr add "10.0.1.1$n/24" dev eth0
		ip -n "xlb-backend$n" route add default via 10.0.1.2
	done
}

case ${1-} in
up)
	down
	up
	;;
down) down ;;
*)
	echo "usage: $0 up|down" >&2
	exit 2
	;;
esac
