namespace Scout.Broker;

/// <summary>How <c>scout broker run</c> ended (server.md section 10).</summary>
/// <param name="Code">0 stopped as asked; 1 failed while running; 2 usage or configuration; 3 this machine refuses.</param>
/// <param name="Message">For people; empty when all is well.</param>
/// <param name="Hint">What to do next, or empty.</param>
public sealed record BrokerExit(int Code, string Message, string Hint = "")
{
    public static BrokerExit Stopped { get; } = new(0, "");

    public static BrokerExit Failed(string message, string hint = "") => new(1, message, hint);

    public static BrokerExit Usage(string message, string hint = "") => new(2, message, hint);

    public static BrokerExit Refused(string message, string hint = "") => new(3, message, hint);
}
