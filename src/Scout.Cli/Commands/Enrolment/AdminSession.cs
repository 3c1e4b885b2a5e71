using System.CommandLine;
using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Nats;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Cli.Commands.Enrolment;

/// <summary>Asks the provisioner beside the broker, signed with an admin's credentials.</summary>
internal sealed class AdminSession
{
    private const string Pending = "pending";

    private static readonly TimeSpan OneAnswer = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenAsks = TimeSpan.FromMilliseconds(200);

    private readonly Option<string> broker = new("--broker") { HelpName = "URL", Description = "The broker (SCOUT_BROKER, else the one in the creds file)" };
    private readonly Option<string> creds = new("--creds") { HelpName = "FILE", Description = "Credentials of role admin (SCOUT_CREDS, ~/.config/scout/scout.creds)" };
    private readonly Option<string> authority = new("--ca") { HelpName = "FILE", Description = "Certificates to trust (those in the creds file)" };
    private readonly Option<string> timeout = new("--timeout") { HelpName = "T", Description = "How long the answer may take (10s)" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[broker, creds, authority, timeout]) command.Add(option);
    }

    /// <summary>Whether a flag of this session was given: then a broker is meant, and not a directory.</summary>
    public bool IsAsked(CommandContext context) => context.Given(broker) || context.Given(creds);

    /// <summary>
    /// Asks the same again until it is in force: the reload that it takes may cost the answer that says so. Ends the command unless it is at last <c>ok</c>.
    /// </summary>
    /// <param name="context">Of the command.</param>
    /// <param name="action">What.</param>
    /// <param name="make">Each time a request of its own.</param>
    /// <param name="told">Told of each answer.</param>
    /// <exception cref="CliException">As <see cref="AskAsync"/>; 1: it was written, and is not in force in time.</exception>
    public async Task<AdminReply> SettleAsync(CommandContext context, AdminAction action, Func<AdminRequest> make, Action<AdminReply> told)
    {
        TimeSpan patience = Patience(context);
        long start = context.Io.Time.GetTimestamp();
        AdminReply? last = null;
        while (true)
        {
            AdminReply? reply = null;
            try
            {
                reply = await OnceAsync(context, action, make(), last is null ? patience : OneAnswer);
            }
            catch (CliException) when (last is not null && !context.Stop.IsCancellationRequested)
            {
                // Lost with the reload, as it may be.
            }

            if (reply is not null) told(reply);
            if (reply is { Code: "ok" }) return reply;
            if (reply is not null && reply.Code != Pending) throw Refused(reply);
            last = reply ?? last;
            if (context.Io.Time.GetElapsedTime(start) >= patience)
                throw new CliException(ExitCode.TargetFailed, $"written down, and not in force after {patience.TotalSeconds:0.###} s: {last?.Message}", "the log of the broker says why; the same command again asks how it stands");
            await Task.Delay(BetweenAsks, context.Io.Time, context.Stop);
        }
    }

    /// <summary>Asks once. Ends the command unless the answer is <c>ok</c>.</summary>
    /// <exception cref="CliException">Exit code 3: no credentials, no line, no answer; 1: refused; 4: not found; 2: what was asked is not valid.</exception>
    public async Task<AdminReply> AskAsync(CommandContext context, AdminAction action, AdminRequest request)
    {
        AdminReply reply = await OnceAsync(context, action, request, Patience(context));
        return reply.Code == "ok" ? reply : throw Refused(reply);
    }

    private TimeSpan Patience(CommandContext context) =>
        context.Get(timeout) is { } text ? Durations.Read("--timeout", text, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)) : TimeSpan.FromSeconds(10);

    private async Task<AdminReply> OnceAsync(CommandContext context, AdminAction action, AdminRequest request, TimeSpan patience)
    {
        using Login login = Read(context);
        string url = context.Get(broker) ?? context.Io.Variable("SCOUT_BROKER") ?? login.Creds?.Urls ?? throw CliException.Usage("no broker is named, and the credentials name none", "give --broker tls://HOST:4222");
        NatsOpts opts = login.Apply(new NatsOpts { Url = url, Name = "scout/admin", TlsOpts = new NatsTlsOpts { Mode = TlsMode.Require } });
        return await TalkAsync(opts, url, login, action, request, patience, context);
    }

    private Login Read(CommandContext context)
    {
        string usual = System.IO.Path.Combine(context.Io.Variable("HOME") ?? "/", ".config", "scout", "scout.creds");
        string? path = context.Get(creds) ?? context.Io.Variable("SCOUT_CREDS");
        path = path is not null ? context.Path(path) : File.Exists(usual) ? usual : throw CliException.NoConnection("no credentials: this needs those of an admin", "give --creds FILE; 'scout creds new --role admin --name NAME' makes them where the broker's keys lie");
        return Login.Read(path, context.Get(authority) is { } file ? context.Path(file) : null, context.Io.Time);
    }

    private static async Task<AdminReply> TalkAsync(NatsOpts opts, string url, Login login, AdminAction action, AdminRequest request, TimeSpan patience, CommandContext context)
    {
        byte[] body = request.ToBytes();
        string subject = EnrolmentSubjects.Admin(action);
        try
        {
            await using var line = new NatsConnection(opts);
            await line.ConnectAsync();
            NatsMsg<byte[]> answer = await line.RequestAsync<byte[], byte[]>(subject, body, login.Headers(subject, body), replyOpts: new NatsSubOpts { Timeout = patience }, cancellationToken: context.Stop);
            return AdminReply.TryRead(answer.Data, out AdminReply? reply, out string? error) ? reply : throw CliException.NoConnection($"{url}: the answer cannot be read: {error}", "is the broker of the same version?");
        }
        catch (NatsNoReplyException)
        {
            throw CliException.NoConnection($"{url}: no answer within {patience.TotalSeconds:0.###} s", "the provisioner answers nobody whose credentials or clock it does not believe: its audit.jsonl says why");
        }
        catch (NatsNoRespondersException)
        {
            throw CliException.NoConnection($"{url}: nobody there gives out tokens", "the provisioner runs with 'scout broker run'");
        }
        catch (NatsException failure) when (failure.Message.Contains("Permissions Violation", StringComparison.OrdinalIgnoreCase))
        {
            throw CliException.NoConnection($"{login.Creds?.Claims.Name} may not do this: it needs credentials of role admin", "give others with --creds FILE");
        }
        catch (NatsException failure)
        {
            throw BrokerErrors.Connect(url, failure, login);
        }
    }

    private static CliException Refused(AdminReply reply) => reply.Code switch
    {
        "bad_request" => CliException.Usage(reply.Message ?? "the broker does not accept that"),
        "not_found" => new CliException(ExitCode.NothingMatched, reply.Message ?? "not found"),
        "stale" => CliException.NoConnection(reply.Message ?? "the clocks differ", $"the broker's clock says {DateTimeOffset.FromUnixTimeMilliseconds(reply.Time):yyyy-MM-dd HH:mm:ss}Z"),
        _ => new CliException(ExitCode.TargetFailed, $"{reply.Code}: {reply.Message}"),
    };
}
