namespace Scout.Kubernetes.Tests.Figures;

public sealed class KubernetesCountersTests
{
    [Fact]
    public async Task Requests_of_a_new_sort_may_come_while_the_figures_are_read()
    {
        const int sorts = 20_000;
        var counters = new KubernetesCounters();
        Task requests = Task.Run(() =>
        {
            for (int code = 0; code < sorts; code++) counters.Requested("pods", "list", code);
        });
        while (!requests.IsCompleted) Assert.All(counters.Requests.Take(1), static one => Assert.Equal(1, one.Value));
        await requests;
        Assert.Equal(sorts, counters.Requests.Count);
    }
}
