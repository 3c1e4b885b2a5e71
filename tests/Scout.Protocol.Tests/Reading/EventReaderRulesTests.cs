using Scout.Protocol.CloudEvents;
using Scout.Protocol.Events;
using Scout.Protocol.Reading;
using Scout.Protocol.Tests.Events;

namespace Scout.Protocol.Tests.Reading;

[Trait("attack", "10")]
[Trait("attack", "13")]
public sealed class EventReaderRulesTests
{
    private const long Epoch = 1_795_221_600;

    [Theory]
    [MemberData(nameof(EventSamples.Names), MemberType = typeof(EventSamples))]
    public void Every_event_of_ours_counts(string name)
    {
        ScoutEvent one = EventSamples.Get(name);
        Assert.Equal(EventVerdict.Accepted, Judge(new EventReaderRules(), one));
    }

    [Theory]
    [InlineData(EventDelivery.Live, 0, EventVerdict.Accepted)]
    [InlineData(EventDelivery.Live, 1, EventVerdict.Steered)]
    [InlineData(EventDelivery.Pull, 0, EventVerdict.Accepted)]
    [InlineData(EventDelivery.Pull, 1, EventVerdict.Steered)]
    [InlineData(EventDelivery.DirectGet, 1, EventVerdict.Accepted)]
    [InlineData(EventDelivery.DirectGet, 0, EventVerdict.Steered)]
    [InlineData(EventDelivery.DirectGet, 2, EventVerdict.Steered)]
    [InlineData(EventDelivery.Republished, 1, EventVerdict.Accepted)]
    [InlineData(EventDelivery.Republished, 2, EventVerdict.Steered)]
    public void A_copy_is_known_by_its_headers(EventDelivery delivery, int streamHeaders, EventVerdict verdict) =>
        Assert.Equal(verdict, Judge(new EventReaderRules(), Event(1), delivery: delivery, streamHeaders: streamHeaders));

    [Theory]
    [InlineData("scout.event.web2.disk_root.check", EventVerdict.WrongSource)]
    [InlineData("scout.event.web1.other.check", EventVerdict.WrongMachine)]
    [InlineData("scout.event.web1.disk_root.state", EventVerdict.UnknownType)]
    [InlineData("scout.lifecycle.web1.alive", EventVerdict.UnknownType)]
    [InlineData("scout.event.web1.disk_root", EventVerdict.ForeignSubject)]
    [InlineData("other", EventVerdict.ForeignSubject)]
    public void What_stands_on_another_subject_does_not_count(string subject, EventVerdict verdict) =>
        Assert.Equal(verdict, Judge(new EventReaderRules(), Event(1), subject: subject));

    [Theory]
    [InlineData("{\"stream\":\"SCOUT_EVENTS\",\"seq\":7}")]
    [InlineData("")]
    [InlineData("+OK")]
    public void An_acknowledgement_steered_here_is_unreadable(string payload)
    {
        var rules = new EventReaderRules();
        EventVerdict verdict = rules.Judge(
            "scout.event.web1.disk_root.state", [], System.Text.Encoding.UTF8.GetBytes(payload), EventDelivery.Live, out CloudEvent? one, out EventData? data);
        Assert.Equal(EventVerdict.Unreadable, verdict);
        Assert.Null(one);
        Assert.Null(data);
    }

    [Fact]
    public void A_type_nobody_knows_does_not_count()
    {
        byte[] json = "{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"/scout/node/web1\",\"type\":\"io.scout.other.v1\",\"subject\":\"disk_root\",\"sequence\":\"1795221600.000000000001\",\"data\":{}}"u8.ToArray();
        Assert.Equal(EventVerdict.UnknownType, new EventReaderRules().Judge("scout.event.web1.disk_root.check", [CloudEventNats.StructuredHeader], json, EventDelivery.Live, out _, out _));
    }

    [Fact]
    public void Data_that_lacks_what_its_type_wants_does_not_count()
    {
        byte[] json = "{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"/scout/node/web1\",\"type\":\"io.scout.check.result.v1\",\"subject\":\"disk_root\",\"sequence\":\"1795221600.000000000001\",\"data\":{}}"u8.ToArray();
        Assert.Equal(EventVerdict.Unreadable, new EventReaderRules().Judge("scout.event.web1.disk_root.check", [CloudEventNats.StructuredHeader], json, EventDelivery.Live, out _, out _));
    }

    [Fact]
    public void An_event_without_a_sequence_does_not_count() =>
        Assert.Equal(EventVerdict.NoSequence, Judge(new EventReaderRules(), Event(1) with { Sequence = null }));

    [Fact]
    public void A_machine_only_goes_forward()
    {
        var rules = new EventReaderRules();
        Assert.Equal(EventVerdict.Accepted, Judge(rules, Event(5)));
        Assert.Equal(EventVerdict.Duplicate, Judge(rules, Event(5)));
        Assert.Equal(EventVerdict.OldSequence, Judge(rules, Event(4)));
        Assert.Equal(EventVerdict.OldSequence, Judge(rules, Event(5) with { Id = Guid.Parse("01a1fb93-4685-7a0f-95f5-000000000000") }));
        Assert.Equal(EventVerdict.Accepted, Judge(rules, Event(6)));
        Assert.Equal(EventVerdict.Accepted, Judge(rules, Event(1, epoch: Epoch + 1)));
        Assert.Equal(EventVerdict.OldSequence, Judge(rules, Event(900)));
        Assert.Equal(3, rules.Count(EventVerdict.Accepted));
        Assert.Equal(4, rules.Ignored);
    }

    [Fact]
    public void Machines_overtake_each_other()
    {
        var rules = new EventReaderRules();
        Assert.Equal(EventVerdict.Accepted, Judge(rules, Event(9, "a")));
        Assert.Equal(EventVerdict.Accepted, Judge(rules, Event(3, "b")));
    }

    [Fact]
    public void More_machines_than_the_bound_are_refused_and_counted()
    {
        var rules = new EventReaderRules(maxLanes: 2);
        Judge(rules, Event(1, "a"));
        Judge(rules, Event(2, "b"));
        Assert.Equal(EventVerdict.TooMany, Judge(rules, Event(3, "c")));
        Assert.Equal(EventVerdict.Accepted, Judge(rules, Event(4, "a")));
    }

    [Fact]
    public void A_hole_is_a_loss_after_64_later_events()
    {
        var rules = new EventReaderRules(watchLoss: true);
        Judge(rules, Event(1));
        for (long i = 0; i < 64; i++) Judge(rules, Event(4 + i));
        Assert.Empty(rules.TakeLosses());
        Judge(rules, Event(68));
        Assert.Equal([new EventLoss("web1", new EventSequence(Epoch, 2), new EventSequence(Epoch, 3))], rules.TakeLosses());
        Assert.Empty(rules.TakeLosses());
    }

    [Fact]
    public void A_hole_that_other_machines_fill_late_is_none()
    {
        var rules = new EventReaderRules(watchLoss: true);
        Judge(rules, Event(1, "a"));
        for (long i = 10; i < 60; i++) Judge(rules, Event(i, "b"));
        for (long i = 2; i < 10; i++) Judge(rules, Event(i, "c"));
        for (long i = 60; i < 200; i++) Judge(rules, Event(i, "b"));
        Assert.Empty(rules.TakeLosses());
    }

    [Fact]
    public void A_hole_that_the_node_tells_of_is_none_whether_told_before_or_after()
    {
        foreach (bool before in new[] { true, false })
        {
            var rules = new EventReaderRules(watchLoss: true);
            Judge(rules, Event(1));
            if (before) Judge(rules, Told(300, 2, 9));
            for (long i = 10; i < 40; i++) Judge(rules, Event(i));
            if (!before) Judge(rules, Told(300, 2, 9));
            for (long i = 40; i < 300; i++) Judge(rules, Event(i));
            for (long i = 301; i < 400; i++) Judge(rules, Event(i));
            Assert.Empty(rules.TakeLosses());
        }
    }

    [Fact]
    public void An_alive_with_an_empty_outbox_settles_a_hole_at_once_and_one_with_a_full_outbox_does_not()
    {
        var rules = new EventReaderRules(watchLoss: true);
        Judge(rules, Event(1));
        Judge(rules, Event(5));
        Judge(rules, Alive(5, outbox: 3));
        Assert.Empty(rules.TakeLosses());
        Judge(rules, Alive(5, outbox: 0));
        Assert.Equal([new EventLoss("web1", new EventSequence(Epoch, 2), new EventSequence(Epoch, 4))], rules.TakeLosses());
    }

    [Fact]
    public void A_reader_of_a_part_sees_no_losses()
    {
        var rules = new EventReaderRules();
        Judge(rules, Event(1));
        for (long i = 100; i < 300; i++) Judge(rules, Event(i));
        Assert.Empty(rules.TakeLosses());
    }

    private static EventVerdict Judge(EventReaderRules rules, ScoutEvent one, string? subject = null, EventDelivery delivery = EventDelivery.Live, int streamHeaders = -1)
    {
        if (streamHeaders < 0) streamHeaders = EventReaderRules.StreamHeaders(delivery);
        using var writer = new EventWriter();
        KeyValuePair<string, string>[] headers =
            [CloudEventNats.StructuredHeader, new("Nats-Msg-Id", "x"), .. Enumerable.Range(0, streamHeaders).Select(_ => new KeyValuePair<string, string>("Nats-Stream", "SCOUT_EVENTS"))];
        EventVerdict verdict = rules.Judge(subject ?? one.Subject, headers, writer.Write(one), delivery, out CloudEvent? read, out EventData? data);
        Assert.Equal(verdict == EventVerdict.Accepted, read is not null && data is not null);
        return verdict;
    }

    private static ScoutEvent Event(long counter, string machine = "disk_root", long epoch = Epoch) =>
        EventSamples.Get("check steady") with { Machine = machine, Sequence = new EventSequence(epoch, counter), Id = new Guid((int)counter, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 0]) };

    private static ScoutEvent Told(long counter, long first, long last) => EventSamples.Get("outbox") with
    {
        Sequence = new EventSequence(Epoch, counter),
        Data = EventSamples.Data<OutboxData>("outbox") with { Sequences = [new SequenceRange(new EventSequence(Epoch, first).ToString(), new EventSequence(Epoch, last).ToString())] },
    };

    private static ScoutEvent Alive(long counter, int outbox) => EventSamples.Get("alive") with
    {
        Data = EventSamples.Data<AliveData>("alive") with { Sequence = new EventSequence(Epoch, counter).ToString(), Outbox = new OutboxDepth(outbox, 0) },
    };
}
