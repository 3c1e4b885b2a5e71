using Microsoft.Extensions.Logging;

namespace Scout.Server.Logging;

/// <summary>Every line the node logs, with its fixed id: the text is an interface. 1000 life, 1100 machines, 1200 runs, 1300 rpc, 1400 connection, 1500 metrics, 1600 mesh; 8100 enrolment; 3000 store, 3100 outbox.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1001, LogLevel.Information, "scout {Version} starts as node {Node}, mode {Mode}, process {Pid}")]
    public static partial void Starting(ILogger log, string version, string node, string mode, int pid);

    [LoggerMessage(1002, LogLevel.Information, "ready: {Summary}")]
    public static partial void Ready(ILogger log, string summary);

    [LoggerMessage(1003, LogLevel.Information, "stopping: {Why}")]
    public static partial void Stopping(ILogger log, string why);

    [LoggerMessage(1004, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger log);

    [LoggerMessage(1005, LogLevel.Error, "the loop failed; the node ends and starts again from its store")]
    public static partial void LoopFailed(ILogger log, Exception error);

    [LoggerMessage(1006, LogLevel.Debug, "variables that mean nothing here: {Names}")]
    public static partial void IgnoredVariables(ILogger log, string names);

    [LoggerMessage(1007, LogLevel.Warning, "{Path} was open to others and is mode 0700 now")]
    public static partial void FolderClosed(ILogger log, string path);

    [LoggerMessage(1008, LogLevel.Information, "reload asked for (SIGHUP)")]
    public static partial void ReloadAsked(ILogger log);

    [LoggerMessage(1009, LogLevel.Warning, "not stopped within {Seconds} s; ending now, as safe as kill -9")]
    public static partial void StopTimedOut(ILogger log, int seconds);

    [LoggerMessage(1011, LogLevel.Warning, "told a second time; ending now, as safe as kill -9")]
    public static partial void StopForced(ILogger log);

    [LoggerMessage(1010, LogLevel.Warning, "dev mode: every user of this machine who reaches the broker can operate this node")]
    public static partial void DevMode(ILogger log);

    [LoggerMessage(1101, LogLevel.Information, "definitions applied: {Machines} machines, {Refused} files refused, {LastGood} at their last good version")]
    public static partial void DefinitionsApplied(ILogger log, int machines, int refused, int lastGood);

    [LoggerMessage(1102, LogLevel.Warning, "{Finding}")]
    public static partial void DefinitionRefused(ILogger log, string finding);

    [LoggerMessage(1103, LogLevel.Warning, "{Path} cannot be read ({Reason}); what runs goes on")]
    public static partial void FolderUnreadable(ILogger log, string path, string reason);

    [LoggerMessage(1104, LogLevel.Information, "{Path} can be read again")]
    public static partial void FolderReadable(ILogger log, string path);

    [LoggerMessage(1105, LogLevel.Warning, "no inotify for {Path} ({Reason}); changes are found by looking every 10 s")]
    public static partial void NoNotification(ILogger log, string path, string reason);

    [LoggerMessage(1106, LogLevel.Information, "{Machine} {From} -> {To} ({Transition}, {Reason})")]
    public static partial void Transition(ILogger log, string machine, string from, string to, string transition, string reason);

    [LoggerMessage(1107, LogLevel.Debug, "{Machine} result {Status}: {Output}")]
    public static partial void Result(ILogger log, string machine, string status, string output);

    [LoggerMessage(1108, LogLevel.Warning, "{Path}: {Problem}; the last good version is kept")]
    public static partial void JsonFileBad(ILogger log, string path, string problem);

    [LoggerMessage(1109, LogLevel.Information, "{Path} read anew")]
    public static partial void JsonFileRead(ILogger log, string path);

    [LoggerMessage(1110, LogLevel.Error, "the look at {Path} failed; what runs goes on, and the next look comes in 10 s")]
    public static partial void LookFailed(ILogger log, string path, Exception error);

    [LoggerMessage(1201, LogLevel.Warning, "{Kind} {Machine} {Text}")]
    public static partial void Executor(ILogger log, string kind, string machine, string text);

    [LoggerMessage(1301, LogLevel.Warning, "{Action} from {Caller} denied: {Why}")]
    public static partial void RequestDenied(ILogger log, string action, string caller, string why);

    [LoggerMessage(8201, LogLevel.Information, "policy {Path}: {Rules} rules")]
    public static partial void PolicyApplied(ILogger log, string path, int rules);

    [LoggerMessage(8202, LogLevel.Error, "{Findings}\n{Kept}")]
    public static partial void PolicyRefused(ILogger log, string findings, string kept);

    [LoggerMessage(8203, LogLevel.Error, "audit file {Path} cannot be written: {Reason}; the node store has what was refused and every effect")]
    public static partial void AuditFileFailed(ILogger log, string path, string reason);

    [LoggerMessage(8204, LogLevel.Information, "audit file {Path} can be written again")]
    public static partial void AuditFileWorks(ILogger log, string path);

    [LoggerMessage(1302, LogLevel.Information, "socket {Path} is open")]
    public static partial void SocketOpen(ILogger log, string path);

    [LoggerMessage(1303, LogLevel.Error, "a request failed")]
    public static partial void RequestFailed(ILogger log, Exception error);

    [LoggerMessage(1401, LogLevel.Information, "connected to {Url} ({Server})")]
    public static partial void Connected(ILogger log, string url, string server);

    [LoggerMessage(1402, LogLevel.Warning, "line to the broker lost: {Reason}")]
    public static partial void Disconnected(ILogger log, string reason);

    [LoggerMessage(1403, LogLevel.Warning, "cannot connect to {Urls}: {Reason}; trying on")]
    public static partial void CannotConnect(ILogger log, string urls, string reason);

    [LoggerMessage(1404, LogLevel.Warning, "the broker refuses: {Reason}")]
    public static partial void BrokerRefuses(ILogger log, string reason);

    [LoggerMessage(1405, LogLevel.Warning, "the roster entry could not be written: {Reason}; trying again")]
    public static partial void RosterFailed(ILogger log, string reason);

    [LoggerMessage(1406, LogLevel.Information, "{Words}; machines run")]
    public static partial void NotEnrolled(ILogger log, string words);

    [LoggerMessage(1601, LogLevel.Information, "mesh: probing and answering on {Address}, {Topology}")]
    public static partial void MeshStarted(ILogger log, string address, string topology);

    [LoggerMessage(1602, LogLevel.Warning, "mesh: port {Port} is taken; using {Other}, which peers learn from the roster (mesh.listen.port asks for a certain one)")]
    public static partial void MeshOtherPort(ILogger log, int port, int other);

    [LoggerMessage(1603, LogLevel.Error, "mesh: {What}; machines go on without it")]
    public static partial void MeshFailed(ILogger log, string what, Exception? error);

    [LoggerMessage(1604, LogLevel.Information, "mesh: nodes {Members}, neighbours {Neighbours}, {Topology}")]
    public static partial void MeshPlanned(ILogger log, int members, int neighbours, string topology);

    [LoggerMessage(1605, LogLevel.Warning, "mesh: the roster cannot be read: {Reason}; the last list stays")]
    public static partial void RosterUnread(ILogger log, string reason);

    [LoggerMessage(1606, LogLevel.Warning, "mesh: {Problem}; the last good list stays")]
    public static partial void PeersFileBad(ILogger log, string problem);

    [LoggerMessage(1607, LogLevel.Information, "mesh: {Path} names {Peers} peers")]
    public static partial void PeersFileRead(ILogger log, string path, int peers);

    [LoggerMessage(1608, LogLevel.Warning, "mesh: {Problem}; the last list stays")]
    public static partial void PeersUnknown(ILogger log, string problem);

    [LoggerMessage(1609, LogLevel.Information, "mesh: {Peer} is {State}")]
    public static partial void PeerChanged(ILogger log, string peer, string state);

    [LoggerMessage(1610, LogLevel.Warning, "mesh: a full mesh of {Members} nodes: each probes all others; rings cost the same whatever their number")]
    public static partial void FullMeshLarge(ILogger log, int members);

    [LoggerMessage(1611, LogLevel.Warning, "mesh: peers.json cannot be written: {Reason}")]
    public static partial void PeersNotSaved(ILogger log, string reason);

    [LoggerMessage(1612, LogLevel.Debug, "mesh: the way to {Peer}: {Result}")]
    public static partial void MeshTraced(ILogger log, string peer, string result);

    [LoggerMessage(1701, LogLevel.Information, "traffic: counting below {Root}, attached by {Attach}")]
    public static partial void TrafficCounted(ILogger log, string root, string attach);

    [LoggerMessage(1702, LogLevel.Warning, "traffic: not counted: {Reason}")]
    public static partial void TrafficDown(ILogger log, string reason);

    [LoggerMessage(1703, LogLevel.Information, "traffic: this node counts none: {Reason} ('scout traffic probe' tells more)")]
    public static partial void TrafficNotCounted(ILogger log, string reason);

    [LoggerMessage(1704, LogLevel.Error, "traffic: cannot be counted: {Reason}; machines go on without it ('scout traffic probe' tells more)")]
    public static partial void TrafficRefused(ILogger log, string reason);

    [LoggerMessage(1705, LogLevel.Error, "traffic: failed; machines go on without it")]
    public static partial void TrafficFailed(ILogger log, Exception error);

    [LoggerMessage(1501, LogLevel.Warning, "textfile: {Problem}; the old file stays")]
    public static partial void TextfileFailed(ILogger log, string problem);

    [LoggerMessage(1502, LogLevel.Information, "textfile {Path} is written again")]
    public static partial void TextfileWritten(ILogger log, string path);

    [LoggerMessage(8101, LogLevel.Warning, "{Path} cannot be used: {Problem}")]
    public static partial void IdentityFileBad(ILogger log, string path, string problem);

    [LoggerMessage(8102, LogLevel.Warning, "{Path} belongs to node {Other}, and this is {Node}: not used. Give --node {Other}, or enrol anew with another --data")]
    public static partial void IdentityOfAnother(ILogger log, string path, string other, string node);

    [LoggerMessage(8103, LogLevel.Information, "enrolling with the token of {Source}")]
    public static partial void Enrolling(ILogger log, string source);

    [LoggerMessage(8104, LogLevel.Information, "{What}: key {Key}, credentials until {Expires:yyyy-MM-dd HH:mm:ss}Z")]
    public static partial void CredentialsIssued(ILogger log, string what, string key, DateTime expires);

    [LoggerMessage(8105, LogLevel.Information, "enrolled, credentials until {Expires:yyyy-MM-dd HH:mm:ss}Z")]
    public static partial void Enrolled(ILogger log, DateTime expires);

    [LoggerMessage(8106, LogLevel.Warning, "{Trouble}; machines go on")]
    public static partial void EnrolmentTrouble(ILogger log, string trouble);

    [LoggerMessage(8107, LogLevel.Error, "an answer to the request for credentials is not believed: {Why}. Nothing of it was kept")]
    public static partial void IssueNotBelieved(ILogger log, string why);

    [LoggerMessage(8108, LogLevel.Warning, "the enrolment token is spent, but {Problem}")]
    public static partial void TokenStays(ILogger log, string problem);

    [LoggerMessage(8109, LogLevel.Error, "asking for credentials failed; tried again")]
    public static partial void EnrolmentFailed(ILogger log, Exception error);

    [LoggerMessage(8110, LogLevel.Warning, "the groups of this node changed to {Groups}; requests to them are heard after a restart")]
    public static partial void GroupsChanged(ILogger log, string groups);

    [LoggerMessage(8115, LogLevel.Information, "this node has a new key, {Key}, in the place of {Old}, whose login ends by itself")]
    public static partial void KeyRenewed(ILogger log, string key, string old);

    [LoggerMessage(8116, LogLevel.Warning, "the broker does not let the new key {Key} in: the present one goes on, and the renewal is tried again")]
    public static partial void NextKeyRefused(ILogger log, string key);

    [LoggerMessage(8112, LogLevel.Information, "trust document {Serial} is in force, announced by the broker; callers taken back: {Revoked}")]
    public static partial void TrustAnnounced(ILogger log, long serial, int revoked);

    [LoggerMessage(8113, LogLevel.Warning, "an announced trust document is not believed: {Why}; the one in force stays")]
    public static partial void TrustNotBelieved(ILogger log, string why);

    [LoggerMessage(8114, LogLevel.Warning, "trust document {Serial} is in force, but cannot be written: {Problem}. Tried again when it is announced again")]
    public static partial void TrustNotSaved(ILogger log, long serial, string problem);

    [LoggerMessage(8111, LogLevel.Warning, "the key of this node, {Old}, was revoked: {Key} takes its place, with the token that was put here")]
    public static partial void KeyReplaced(ILogger log, string old, string key);

    [LoggerMessage(1801, LogLevel.Warning, "the Kubernetes API is not read: {Reason}; the node runs on without it")]
    public static partial void ClusterMissing(ILogger log, string reason);

    [LoggerMessage(1802, LogLevel.Warning, "mesh: {Peers} nodes each hold two watches on the Kubernetes API for their peers: a broker that watches for all of them is cheaper for the API server")]
    public static partial void ClusterLarge(ILogger log, int peers);

    [LoggerMessage(1803, LogLevel.Warning, "traffic: pods have no names but their uid: {Reason}")]
    public static partial void TrafficUnnamed(ILogger log, string reason);

    [LoggerMessage(1804, LogLevel.Information, "traffic: pods of {Node} and services get their names from the Kubernetes API")]
    public static partial void TrafficNamed(ILogger log, string node);
}
