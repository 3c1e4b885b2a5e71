using Scout.Protocol.Security.Enrolment;

namespace Scout.Server.Enrolment;

/// <summary>How a node reaches the provisioner.</summary>
internal interface IProvisionerLine
{
    /// <summary>Asks once.</summary>
    /// <param name="ask">As it goes out.</param>
    /// <param name="token">The login, when enrolling.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="ProvisionerUnreachableException">No answer that can be read.</exception>
    Task<EnrolmentReply> AskAsync(EnrolmentAsk ask, EnrolmentToken? token, CancellationToken stop);
}

/// <summary>The provisioner did not answer.</summary>
/// <param name="message">Why, for people.</param>
/// <param name="refused">The broker did not let us in: the login is wrong, expired or withdrawn.</param>
internal sealed class ProvisionerUnreachableException(string message, bool refused = false) : Exception(message)
{
    public bool Refused { get; } = refused;
}
