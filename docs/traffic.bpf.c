/*
 * The two programs of src/Scout.Traffic, said in C. Nothing compiles this file: AccountingProgram.cs assembles the same instructions, once with EGRESS 1 and once with 0.
 * They hang on one cgroup, see each packet of each socket below it, count it, and let it pass. Byte order is that of the machine (little-endian ones only); address and port are
 * as on the wire.
 */
struct peer_key { __u8 address[16]; __be16 port; __u8 protocol; __u8 zero; };          /* IPv4 as ::ffff:a.b.c.d; port and protocol 0: any */
struct counter_key { __u64 cgroup; __u32 peer; __u32 direction; };                      /* direction 0 receive, 1 transmit */
struct counter { __u64 bytes; __u64 packets; };

/* HASH, NO_PREALLOC:        scout_peers     peer_key    -> __u32 peer id */
/* PERCPU_HASH, NO_PREALLOC: scout_counters  counter_key -> counter */
/* PERCPU_ARRAY of two:      scout_overflow  direction   -> counter */

int scout(struct __sk_buff *skb)
{
    struct counter_key k = { .cgroup = bpf_skb_cgroup_id(skb), .peer = 0, .direction = EGRESS };
    struct peer_key p = { .port = 0, .protocol = 0, .zero = 0 };
    struct counter zero = {}, *c;
    __u8 copy[48], *h = (void *)(long)skb->data, protocol;
    __be16 port;
    __u32 *peer;

    if (skb->protocol == bpf_htons(ETH_P_IP)) {
        if (h + 24 > (__u8 *)(long)skb->data_end) {                /* not linear, or short: read a copy */
            if (bpf_skb_load_bytes(skb, 0, copy, 24)) goto other;
            h = copy;
        }
        p.address = ::ffff:(h + (EGRESS ? 16 : 12));
        protocol = h[9];
        port = *(__be16 *)(h + 20 + (EGRESS ? 2 : 0));
        if (h[0] != 0x45 || (*(__u16 *)(h + 6) & 0xff1f)) protocol = 0;    /* options, or a later fragment: by address only */
    } else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
        if (h + 44 > (__u8 *)(long)skb->data_end) {
            if (bpf_skb_load_bytes(skb, 0, copy, 44)) goto other;
            h = copy;
        }
        p.address = 16 bytes at h + (EGRESS ? 24 : 8);
        protocol = h[6];                                           /* an extension header is none of the three below */
        port = *(__be16 *)(h + 40 + (EGRESS ? 2 : 0));
    } else {
        return 1;
    }

    if ((peer = bpf_map_lookup_elem(&scout_peers, &p))) goto hit;  /* stage 1: a ClusterIP */
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_SCTP) goto other;
    p.port = port;
    p.protocol = protocol;
    if ((peer = bpf_map_lookup_elem(&scout_peers, &p))) goto hit;  /* stage 2: an endpoint, or an external address */
other:
    if (skb->ifindex == 1) k.peer = 1;                             /* the loopback device, in every network namespace */
    goto count;
hit:
    k.peer = *peer;
count:
    c = bpf_map_lookup_elem(&scout_counters, &k);
    if (!c) {
        bpf_map_update_elem(&scout_counters, &k, &zero, BPF_NOEXIST);
        c = bpf_map_lookup_elem(&scout_counters, &k);              /* who lost a race finds the winner's */
    }
    if (!c) c = bpf_map_lookup_elem(&scout_overflow, &k.direction);        /* the map is full: counted all the same, without a name */
    if (!c) return 1;
    __sync_fetch_and_add(&c->bytes, skb->len);                     /* atomic although per CPU: a softirq can interrupt a run on the same CPU */
    __sync_fetch_and_add(&c->packets, skb->gso_segs ? skb->gso_segs : 1);
    return 1;                                                      /* always: accounting never drops a packet */
}
