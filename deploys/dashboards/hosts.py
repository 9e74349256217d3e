"""The machines: processor, memory, disk, network, clock."""

from deploys.dashboards.panels import Dashboard, Variable, graph

_HERE = '{host=~"$host"}'
_NIC = '{host=~"$host",device!~"lo|veth.*|br-.*|docker.*"}'

HOSTS = Dashboard(
    "codeb-hosts",
    "CodeB: hosts",
    (
        graph("CPU used", (f"host:cpu_used:share5m{_HERE}", "{{host}}"), unit="percentunit"),
        graph(
            "Load for each core",
            (f'node_load5{_HERE} / on (host) count by (host) (node_cpu_seconds_total{{mode="idle"}})', "{{host}}"),
        ),
        graph("Memory used", (f"host:memory_used:share{_HERE}", "{{host}}"), unit="percentunit"),
        graph(
            "Disk available",
            (f"min by (host, device) (host:disk_available:share{_HERE})", "{{host}} {{device}}"),
            unit="percentunit",
        ),
        graph("Disk reads", (f"sum by (host) (rate(node_disk_read_bytes_total{_HERE}[5m]))", "{{host}}"), unit="Bps"),
        graph(
            "Disk writes", (f"sum by (host) (rate(node_disk_written_bytes_total{_HERE}[5m]))", "{{host}}"), unit="Bps"
        ),
        graph(
            "Network in", (f"sum by (host) (rate(node_network_receive_bytes_total{_NIC}[5m]))", "{{host}}"), unit="Bps"
        ),
        graph(
            "Network out",
            (f"sum by (host) (rate(node_network_transmit_bytes_total{_NIC}[5m]))", "{{host}}"),
            unit="Bps",
        ),
        graph("Open TCP connections", (f"node_netstat_Tcp_CurrEstab{_HERE}", "{{host}}")),
        graph("Clock offset", (f"node_timex_offset_seconds{_HERE}", "{{host}}"), unit="s"),
        graph("Processes ended for want of memory", (f"increase(node_vmstat_oom_kill{_HERE}[1h])", "{{host}}")),
        graph("Days since the start", (f"(time() - node_boot_time_seconds{_HERE}) / 86400", "{{host}}"), unit="d"),
    ),
    variables=(Variable("host", "node_boot_time_seconds"),),
)
