using Microsoft.Extensions.Logging;

namespace Scout.Broker;

/// <summary>Every line the broker says, with its fixed id.</summary>
internal static partial class BrokerLog
{
    [LoggerMessage(5000, LogLevel.Warning, "dev mode: every user of this machine can get in; --token-file FILE keeps them out")]
    public static partial void Open(ILogger log);

    [LoggerMessage(5001, LogLevel.Information, "dev mode: who can read {Path} gets in")]
    public static partial void Guarded(ILogger log, string path);

    [LoggerMessage(5002, LogLevel.Information, "starting {Path}, nats-server {Version}, on {Listen}")]
    public static partial void Starting(ILogger log, string path, string version, string listen);

    [LoggerMessage(5003, LogLevel.Information, "ready: {Url}, nats-server {Version}, pid {Pid}, {Streams} streams")]
    public static partial void Ready(ILogger log, string url, string version, int pid, int streams);

    [LoggerMessage(5004, LogLevel.Information, "stopping")]
    public static partial void Stopping(ILogger log);

    [LoggerMessage(5005, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger log);

    [LoggerMessage(5006, LogLevel.Warning, "nats-server did not end in time and was killed")]
    public static partial void Killed(ILogger log);

    [LoggerMessage(5007, LogLevel.Error, "nats-server ended with {Code}: {Words}; started again in {Wait}")]
    public static partial void Crashed(ILogger log, int code, string words, TimeSpan wait);

    [LoggerMessage(5008, LogLevel.Critical, "nats-server ended five times within five minutes, the last time with {Code}: {Words}; one try every five minutes from now on")]
    public static partial void GaveUp(ILogger log, int code, string words);

    [LoggerMessage(5009, LogLevel.Information, "the store's last server, pid {Pid}, is ending; waiting for it")]
    public static partial void WaitingForLock(ILogger log, int pid);

    [LoggerMessage(EventId = 5010, Message = "nats-server: {Text}")]
    public static partial void Server(ILogger log, LogLevel level, string text);

    [LoggerMessage(5011, LogLevel.Warning, "{Count} log lines of nats-server were dropped")]
    public static partial void DroppedLines(ILogger log, long count);

    [LoggerMessage(5020, LogLevel.Information, "stream {Stream} made")]
    public static partial void StreamMade(ILogger log, string stream);

    [LoggerMessage(5021, LogLevel.Information, "stream {Stream}: {Field} put right, from {Got} to {Wanted}")]
    public static partial void StreamMended(ILogger log, string stream, string field, string got, string wanted);

    [LoggerMessage(5022, LogLevel.Error, "stream {Stream}: {Field} should be {Wanted} and is {Got}; it cannot be changed in place")]
    public static partial void StreamDifferent(ILogger log, string stream, string field, string got, string wanted);

    [LoggerMessage(5023, LogLevel.Error, "streams could not be looked at: {Reason}; tried again in {Wait}")]
    public static partial void StreamsUnknown(ILogger log, string reason, TimeSpan wait);

    [LoggerMessage(5024, LogLevel.Critical, "stream {Stream} has gone back from {Before} to {Now}: stored events are lost")]
    public static partial void StreamWentBack(ILogger log, string stream, long before, long now);

    [LoggerMessage(5040, LogLevel.Information, "mesh: this broker tells the fleet of faults")]
    public static partial void LeaseTaken(ILogger log);

    [LoggerMessage(5041, LogLevel.Warning, "mesh: another broker may tell the fleet of faults now")]
    public static partial void LeaseLost(ILogger log);

    [LoggerMessage(5042, LogLevel.Debug, "mesh: {Id} suspected: {Text}, loss {Loss}")]
    public static partial void FaultSuspected(ILogger log, string id, string text, string loss);

    [LoggerMessage(5043, LogLevel.Warning, "mesh: {Id} confirmed: {Text}, loss {Loss}, {Failing} of {Paths} paths")]
    public static partial void FaultConfirmed(ILogger log, string id, string text, string loss, int failing, int paths);

    [LoggerMessage(5044, LogLevel.Information, "mesh: {Id} is now: {Text}, loss {Loss}")]
    public static partial void FaultChanged(ILogger log, string id, string text, string loss);

    [LoggerMessage(5045, LogLevel.Information, "mesh: {Id} cleared: {Text}")]
    public static partial void FaultCleared(ILogger log, string id, string text);

    [LoggerMessage(5046, LogLevel.Error, "mesh: {Id} could not be told: {Reason}")]
    public static partial void FaultUntold(ILogger log, string id, string reason);

    [LoggerMessage(5047, LogLevel.Warning, "mesh: document {Key} could not be written: {Reason}")]
    public static partial void DocumentUnwritten(ILogger log, string key, string reason);

    [LoggerMessage(5048, LogLevel.Warning, "mesh: {What} failed and is tried again: {Reason}")]
    public static partial void MeshTrouble(ILogger log, string what, string reason);

    [LoggerMessage(5050, LogLevel.Information, "nats-server runs with the new configuration: {Why}")]
    public static partial void Reloaded(ILogger log, string why);

    [LoggerMessage(5051, LogLevel.Error, "{Why}: not taken over, what was in force still is: {Detail}")]
    public static partial void ReloadRefused(ILogger log, string why, string detail);

    [LoggerMessage(5052, LogLevel.Information, "server certificate renewed: {Why}")]
    public static partial void CertificateRenewed(ILogger log, string why);

    [LoggerMessage(5053, LogLevel.Error, "the server's certificate could not be renewed, the old one stays in use: {Why}")]
    public static partial void CertificateRefused(ILogger log, string why);

    [LoggerMessage(5054, LogLevel.Error, "{What}: {Reason}")]
    public static partial void SecureTrouble(ILogger log, string what, string reason);

    [LoggerMessage(5055, LogLevel.Information, "logins of the broker's services renewed: {Names}")]
    public static partial void LoginsRenewed(ILogger log, string names);

    [LoggerMessage(5056, LogLevel.Warning, "login cannot be renewed: {Reason}")]
    public static partial void LoginNotRenewed(ILogger log, string reason);

    [LoggerMessage(5057, LogLevel.Warning, "rights of {Roles} are those of another version of Scout; 'scout broker config --apply' brings them up to date, and reconnects their holders")]
    public static partial void TemplatesDiffer(ILogger log, string roles);

    [LoggerMessage(5058, LogLevel.Warning, "this machine has little room: {What}")]
    public static partial void Short(ILogger log, string what);

    [LoggerMessage(5059, LogLevel.Information, "this machine has room again")]
    public static partial void RoomAgain(ILogger log);

    [LoggerMessage(5060, LogLevel.Error, "{Part} failed and is begun again in {Wait}: {Reason}")]
    public static partial void PartFailed(ILogger log, string part, TimeSpan wait, string reason);

    [LoggerMessage(5061, LogLevel.Information, "secure mode: TLS, logins by JWT; nodes are told {Urls}")]
    public static partial void Secure(ILogger log, string urls);

    [LoggerMessage(5062, LogLevel.Information, "waiting for nats-server: {Why}")]
    public static partial void WaitingForServer(ILogger log, string why);

    [LoggerMessage(5063, LogLevel.Warning, "nats-server with pid {Pid} has ended; its container starts it again")]
    public static partial void ServerLeft(ILogger log, int pid);

    [LoggerMessage(5064, LogLevel.Information, "{Path} has changed and is taken over")]
    public static partial void SecretTaken(ILogger log, string path);

    [LoggerMessage(5065, LogLevel.Information, "this broker runs the {Part} of the cluster")]
    public static partial void Leads(ILogger log, string part);

    [LoggerMessage(5066, LogLevel.Warning, "another broker may run the {Part} of the cluster now")]
    public static partial void LeadsNoMore(ILogger log, string part);

    [LoggerMessage(5067, LogLevel.Warning, "{Why}: {Owner}")]
    public static partial void OwnerMustAct(ILogger log, string why, string owner);

    [LoggerMessage(5068, LogLevel.Warning, "stream {Stream} is the owner's to set: {Config}")]
    public static partial void OwnerStream(ILogger log, string stream, string config);

    [LoggerMessage(5069, LogLevel.Warning, "{Remark}")]
    public static partial void StreamsFitted(ILogger log, string remark);

    [LoggerMessage(5070, LogLevel.Error, "the broker that is not ours: {Why}")]
    public static partial void ExternalTrouble(ILogger log, string why);

    [LoggerMessage(5030, LogLevel.Information, "health and metrics on http://{Address}")]
    public static partial void Http(ILogger log, string address);

    [LoggerMessage(5080, LogLevel.Information, "enrolment: {Action} of {Who}: {Code}")]
    public static partial void Provisioned(ILogger log, string action, string who, string code);

    [LoggerMessage(5081, LogLevel.Critical, "enrolment {What}")]
    public static partial void EnrolmentAlarm(ILogger log, string what);

    [LoggerMessage(5082, LogLevel.Warning, "enrolment: the first roster entry of {Node} could not be written: {Reason}")]
    public static partial void RosterUnwritten(ILogger log, string node, string reason);

    [LoggerMessage(5083, LogLevel.Error, "enrolment: a request on {Subject} failed: {Reason}")]
    public static partial void ProvisioningTrouble(ILogger log, string subject, string reason);

    [LoggerMessage(5084, LogLevel.Warning, "enrolment: {Path}: {Problem}; {Instead}")]
    public static partial void EnrolmentPolicyBad(ILogger log, string path, string problem, string instead);

    [LoggerMessage(5085, LogLevel.Information, "enrolment: {Path} is in force, {Rules} rules")]
    public static partial void EnrolmentPolicyRead(ILogger log, string path, int rules);

    [LoggerMessage(5086, LogLevel.Warning, "enrolment: the audit cannot be written: {Reason}")]
    public static partial void AuditFailed(ILogger log, string reason);

    [LoggerMessage(5088, LogLevel.Information, "provisioner: {Spent} tokens were spent while nobody listened, {Removed} old ones were taken out")]
    public static partial void Upkeep(ILogger log, int spent, int removed);

    [LoggerMessage(5089, LogLevel.Warning, "provisioner: the tokens could not be looked through: {Reason}; again in ten minutes")]
    public static partial void UpkeepFailed(ILogger log, string reason);

    [LoggerMessage(5090, LogLevel.Information, "trust: serial {Serial} announced to all nodes; callers taken back: {Revoked}")]
    public static partial void TrustAnnounced(ILogger log, long serial, int revoked);

    [LoggerMessage(5091, LogLevel.Warning, "trust: nodes cannot be told of it before they renew: {Reason} ('scout broker config' says whether the rights of role provisioner are of an older version)")]
    public static partial void TrustNotAnnounced(ILogger log, string reason);

    [LoggerMessage(5087, LogLevel.Information, "provisioner: nodes with a token can enrol")]
    public static partial void ProvisionerListens(ILogger log);

    [LoggerMessage(5101, LogLevel.Warning, "the Kubernetes API is not read: {Reason}; the broker runs on without places")]
    public static partial void ClusterMissing(ILogger log, string reason);

    [LoggerMessage(5102, LogLevel.Information, "places: {Changes} written, {Nodes} nodes of the cluster are known")]
    public static partial void PlacesWritten(ILogger log, int changes, int nodes);

    [LoggerMessage(5103, LogLevel.Warning, "node {Node} is silent: nothing was heard of it for three beats")]
    public static partial void NodeSilent(ILogger log, string node);

    [LoggerMessage(5104, LogLevel.Information, "node {Node} is not silent any more: it speaks, or has left the roster")]
    public static partial void NodeSpeaks(ILogger log, string node);
}
