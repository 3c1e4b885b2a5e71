using Scout.Protocol.Reading;

namespace Scout.Protocol.Tests.Reading;

public sealed class StoredHeadersTests
{
    private const string Subject = "$KV.SCOUT_NODES.web1";
    private const string Good = "Nats-Stream=S Nats-Subject=" + Subject + " Nats-Sequence=7";

    [Theory]
    [InlineData(EventDelivery.DirectGet, Good, true)]
    [InlineData(EventDelivery.Republished, "X=y " + Good, true)]
    [InlineData(EventDelivery.Live, "X=y", true)]
    [InlineData(EventDelivery.DirectGet, "", false)]
    [InlineData(EventDelivery.DirectGet, "Nats-Stream=S " + Good, false)]
    [InlineData(EventDelivery.DirectGet, "nats-stream=S " + Good, false)]
    [InlineData(EventDelivery.DirectGet, "Nats-Subject=$KV.SCOUT_NODES.evil " + Good, false)]
    [InlineData(EventDelivery.DirectGet, "Nats-Sequence=1 " + Good, false)]
    [InlineData(EventDelivery.DirectGet, "Nats-Stream=OTHER Nats-Subject=" + Subject + " Nats-Sequence=7", false)]
    [InlineData(EventDelivery.DirectGet, "Nats-Stream=S Nats-Subject=$KV.SCOUT_NODES.evil Nats-Sequence=7", false)]
    [InlineData(EventDelivery.DirectGet, "garbaNats-Stream=S Nats-Subject=" + Subject + " Nats-Sequence=7", false)]
    [InlineData(EventDelivery.DirectGet, "Nats-Stream=S X=yNats-Stream Nats-Subject=$KV.SCOUT_NODES.evil Nats-Sequence=7", false)]
    [InlineData(EventDelivery.Live, Good, false)]
    [InlineData(EventDelivery.Pull, "Nats-Subject=" + Subject, false)]
    public void A_message_is_its_own_when_each_header_is_there_as_often_as_the_way_adds_it(EventDelivery delivery, string headers, bool fits) =>
        Assert.Equal(fits, StoredHeaders.Fit(headers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static one => one.Split('=')).Select(static one => KeyValuePair.Create(one[0], one[1])), delivery, "S", Subject));
}
