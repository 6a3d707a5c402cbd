# The states of bench/latency.sh in words.
s/^idle$/idle/
s/^program$/a program spins/
s/^hotplug$/a CPU goes and comes/
s/^start$/a twin starts/
s/^twin$/a twin spins/
s/^stop$/a twin is stopped/
