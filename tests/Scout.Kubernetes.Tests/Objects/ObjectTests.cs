using System.Text;

namespace Scout.Kubernetes.Tests.Objects;

/// <summary>What is kept of each kind, from objects as a real server sends them.</summary>
public sealed class ObjectTests
{
    [Fact]
    public void Of_a_pod_the_place_the_addresses_and_the_owner_are_kept()
    {
        PodObject pod = Read(ResourceKinds.Pods("app"), """
            {"metadata":{"name":"web-1","namespace":"shop","uid":"u1","resourceVersion":"7","labels":{"app":"web","x":"y"},"managedFields":[{"fieldsV1":{"f:a":{}}}],
              "annotations":{"kubernetes.io/config.hash":"abc","other":"{\"a\":1}"},"deletionTimestamp":"2026-01-01T00:00:00Z",
              "ownerReferences":[{"kind":"Job","name":"j","uid":"o0"},{"kind":"ReplicaSet","name":"web","uid":"o1","controller":true}]},
             "spec":{"nodeName":"n1","hostNetwork":true,"containers":[{"name":"c"}]},
             "status":{"phase":"Running","hostIP":"10.0.0.1","podIP":"10.1.0.1","podIPs":[{"ip":"10.1.0.1"},{"ip":"fd00::1"}],
              "conditions":[{"type":"Initialized","status":"True"},{"type":"Ready","status":"True"}]}}
            """);
        Assert.Equal((new ObjectKey("shop", "web-1"), "u1", "7", true), (pod.Key, pod.Uid, pod.ResourceVersion, pod.Deleting));
        Assert.Equal(("n1", true, "Running", true, "10.0.0.1", "abc"), (pod.NodeName, pod.HostNetwork, pod.Phase, pod.Ready, pod.HostIP, pod.ConfigHash));
        Assert.Equal(["10.1.0.1", "fd00::1"], pod.PodIPs);
        Assert.Equal(new OwnerReference("ReplicaSet", "web", "o1"), pod.Controller);
        Assert.Equal("app=web", pod.Labels.ToString());
    }

    [Fact]
    public void Of_a_node_the_place_and_the_readiness_are_kept()
    {
        NodeObject node = Read(ResourceKinds.Nodes(), """
            {"metadata":{"name":"n1","labels":{"failure-domain.beta.kubernetes.io/zone":"old","topology.kubernetes.io/zone":"a","failure-domain.beta.kubernetes.io/region":"r"}},
             "spec":{"unschedulable":true},
             "status":{"images":[{"names":["x"]}],"addresses":[{"type":"Hostname","address":"n1"},{"type":"InternalIP","address":"10.0.0.1"},{"address":"fd00::1","type":"InternalIP"}],
              "conditions":[{"status":"False","type":"Ready"}]}}
            """);
        Assert.Equal(("a", "r", true, false), (node.Zone, node.Region, node.Unschedulable, node.Ready));
        Assert.Equal(["10.0.0.1", "fd00::1"], node.InternalIPs);
    }

    [Fact]
    public void Of_a_service_the_addresses_and_ports_are_kept()
    {
        ServiceObject service = Read(ResourceKinds.Services(), """
            {"metadata":{"name":"s","namespace":"n"},
             "spec":{"type":"LoadBalancer","clusterIP":"10.2.0.1","clusterIPs":["10.2.0.1","fd01::1"],"externalIPs":["1.2.3.4"],"ports":[{"name":"http","port":80,"targetPort":"x"},{"port":53,"protocol":"UDP"}]},
             "status":{"loadBalancer":{"ingress":[{"hostname":"h"},{"ip":"5.6.7.8"}]}}}
            """);
        Assert.Equal("LoadBalancer", service.Type);
        Assert.Equal(["10.2.0.1", "fd01::1"], service.ClusterIPs);
        Assert.Equal(["1.2.3.4"], service.ExternalIPs);
        Assert.Equal(["5.6.7.8"], service.LoadBalancerIPs);
        Assert.Equal([new ServicePort("http", "TCP", 80), new ServicePort("", "UDP", 53)], service.Ports);
        Assert.Empty(Read(ResourceKinds.Services(), """{"metadata":{"name":"h"},"spec":{"clusterIP":"None","clusterIPs":["None"]}}""").ClusterIPs);
    }

    [Fact]
    public void Of_an_endpoint_slice_the_service_and_the_endpoints_are_kept()
    {
        EndpointSliceObject slice = Read(ResourceKinds.EndpointSlices(), """
            {"metadata":{"name":"s-1","namespace":"n","labels":{"kubernetes.io/service-name":"s"}},"addressType":"IPv4","ports":[{"name":"","port":8080,"protocol":"TCP"}],
             "endpoints":[{"addresses":["10.1.0.1"],"conditions":{"ready":false,"serving":true},"nodeName":"n1","zone":"a","targetRef":{"kind":"Pod","uid":"u1"}},{"addresses":["10.1.0.2"]}]}
            """);
        Assert.Equal(("s", "IPv4"), (slice.ServiceName, slice.AddressType));
        Assert.Equal([new ServicePort("", "TCP", 8080)], slice.Ports);
        Assert.Equal((false, "n1", "a", "u1"), (slice.Endpoints[0].Ready, slice.Endpoints[0].NodeName, slice.Endpoints[0].Zone, slice.Endpoints[0].TargetUid));
        Assert.True(slice.Endpoints[1].Ready);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"a","labels":null,"annotations":[],"ownerReferences":{}},"spec":null,"status":[1,{"phase":"x"}]}""")]
    [InlineData("""{"spec":7,"status":{"podIPs":[null,3,{"ip":5}],"conditions":null,"phase":{}},"metadata":{"labels":{"app":{"deep":[1]}},"name":"a"}}""")]
    public void Values_of_other_types_are_passed_over(string json)
    {
        PodObject pod = Read(ResourceKinds.Pods("app"), json);
        Assert.Equal(("a", "", ""), (pod.Key.Name, pod.NodeName, pod.Phase));
        Assert.Empty(pod.PodIPs);
    }

    [Fact]
    public void A_pod_keeps_at_most_a_kibibyte_and_an_event_allocates_at_most_two()
    {
        ResourceKind<PodObject> kind = ResourceKinds.Pods("app");
        byte[][] lines = [.. Enumerable.Range(0, 2_000).Select(i => Encoding.UTF8.GetBytes(Line(i)))];
        WatchLine.Read(kind, lines[0]);
        var table = new MirrorTable<PodObject>(_ => { }, 10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte[] line in lines)
        {
            WatchEvent<PodObject> found = WatchLine.Read(kind, line);
            table.Apply(found.Type, found.Object!);
        }

        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / lines.Length;
        Assert.Equal(2_000, table.Objects.Count);
        Assert.InRange(each, 1, 2_048);

        // What is kept of a pod is at most what reading it allocated.
        before = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte[] line in lines) WatchLine.Read(kind, line);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / lines.Length, 1, 1_024);
    }

    private static string Line(int i) =>
        $$$"""
        {"type":"ADDED","object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"scout-server-{{{i:x8}}}","namespace":"monitoring","uid":"{{{i:x8}}}-0000-4000-8000-000000000000","resourceVersion":"{{{i + 1000000}}}",
        "labels":{"app":"scout"},"managedFields":[{"fieldsV1":{"f:metadata":{"f:labels":{"x":"{{{new string('m', 1500)}}}" } } } }],"ownerReferences":[{"kind":"DaemonSet","name":"scout-server","uid":"d","controller":true}]},
        "spec":{"nodeName":"worker-{{{i % 100}}}"},"status":{"phase":"Running","hostIP":"10.0.0.{{{i % 100}}}","podIPs":[{"ip":"10.1.{{{i / 250}}}.{{{i % 250}}}"}],"conditions":[{"type":"Ready","status":"True"}] } } }
        """.ReplaceLineEndings("");

    private static T Read<T>(ResourceKind<T> kind, string json) where T : KubernetesObject
    {
        Assert.True(ItemReader.TryRead(kind, Encoding.UTF8.GetBytes(json), out T? read));
        return read!;
    }
}
