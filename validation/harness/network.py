"""The network: a namespace for each node and one for all clients, joined by a bridge in a namespace of its own."""
import subprocess

PREFIX = "kv"
SWITCH = f"{PREFIX}-switch"
SUBNET = "10.77.0"


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True).stdout


def remove_all():
    """Removes every namespace of this harness, with its interfaces and firewall rules; nothing else of the machine was touched."""
    for name in ip("netns", "list").split():
        if name.startswith(f"{PREFIX}-"):
            ip("netns", "del", name, check=False)


class Network:
    def __init__(self, nodes):
        """`nodes` are the names of those that need an address."""
        self.address = {node: f"{SUBNET}.{10 + i}" for i, node in enumerate(nodes)}
        remove_all()
        ip("netns", "add", SWITCH)
        ip("-n", SWITCH, "link", "add", "bridge", "type", "bridge")
        ip("-n", SWITCH, "link", "set", "bridge", "up")
        for i, node in enumerate(nodes):
            self.plug(node, f"port{i}")

    def plug(self, node, port):
        space = self.namespace(node)
        ip("netns", "add", space)
        ip("-n", space, "link", "set", "lo", "up")
        ip("link", "add", port, "netns", SWITCH, "type", "veth", "peer", "name", "eth0", "netns", space)
        ip("-n", SWITCH, "link", "set", port, "master", "bridge", "up")
        ip("-n", space, "addr", "add", f"{self.address[node]}/24", "dev", "eth0")
        ip("-n", space, "link", "set", "eth0", "up")

    @staticmethod
    def namespace(node):
        return f"{PREFIX}-{node}"

    def inside(self, node):
        """The words that put a command into a node's namespace."""
        return ["ip", "netns", "exec", self.namespace(node)]

    def cut(self, side, other):
        """Everything between the two lists of nodes is dropped silently, in both directions."""
        for node in side:
            for peer in other:
                self.rule(node, "INPUT", "--source", self.address[peer])
                self.rule(node, "OUTPUT", "--destination", self.address[peer])

    def rule(self, node, chain, *match):
        subprocess.run([*self.inside(node), "iptables", "--insert", chain, *match, "--jump", "DROP"], check=True)

    def heal(self):
        for node in self.address:
            subprocess.run([*self.inside(node), "iptables", "--flush"], check=True)
