using System.Collections.Immutable;
using Scout.Protocol.Json;

namespace Scout.Protocol.CloudEvents;

/// <summary>Gathers attributes in the order in which they come, from JSON or from headers, by the same rules.</summary>
internal sealed class CloudEventBuilder
{
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private readonly ImmutableSortedDictionary<string, CloudEventValue>.Builder extensions = CloudEvent.NoExtensions.ToBuilder();
    private string? version;
    private string? id;
    private string? source;
    private string? type;
    private string? subject;
    private string? dataSchema;
    private DateTimeOffset? time;

    public string? DataContentType { get; private set; }

    /// <summary>False: the name was there already.</summary>
    public bool Note(string name) => seen.Add(name);

    /// <summary>Null when it fits; else what is wrong.</summary>
    public string? Set(string name, CloudEventValue value)
    {
        if (!CloudEventRules.IsAttributeName(name)) return $"'{Shown.Clip(name)}' is no name of an attribute: lower-case letters and digits";
        bool known = name is "specversion" or "id" or "source" or "type" or "subject" or "time" or "datacontenttype" or "dataschema";
        if (known && value.Kind != CloudEventValueKind.Text) return $"{name} must be a text";
        string text = value.Kind == CloudEventValueKind.Text ? value.ToString() : "";
        if (!CloudEventRules.IsText(text)) return $"{Shown.Clip(name)} has a control character, lone surrogate or non-character in it";
        switch (name)
        {
            case "specversion":
                version = text;
                return text == CloudEvent.SpecVersion ? null : $"specversion must be '1.0', not '{Shown.Clip(text)}'";
            case "id":
                id = text;
                return text.Length > 0 ? null : "id is empty";
            case "type":
                type = text;
                return text.Length > 0 ? null : "type is empty";
            case "source":
                source = text;
                return CloudEventRules.IsUriReference(text) ? null : "source must be a non-empty URI-reference";
            case "subject":
                subject = text;
                return text.Length > 0 ? null : "subject is empty; leave it out";
            case "dataschema":
                dataSchema = text;
                return CloudEventRules.IsAbsoluteUri(text) ? null : "dataschema must be an absolute URI";
            case "datacontenttype":
                DataContentType = text;
                return CloudEventRules.IsMediaType(text) ? null : "datacontenttype must be a media type such as application/json";
            case "time":
                if (!Rfc3339.TryParse(text, out DateTimeOffset parsed)) return $"time '{Shown.Clip(text)}' is not as in RFC 3339";
                time = parsed;
                return null;
            case "data":
                return "'data' is no name of an attribute";
            default:
                extensions[name] = value;
                return null;
        }
    }

    /// <summary>The event, or what it lacks.</summary>
    public CloudEvent? Build(CloudEventData data, out string? error)
    {
        error = version is null ? "specversion is missing"
            : id is null ? "id is missing"
            : source is null ? "source is missing"
            : type is null ? "type is missing"
            : null;
        return error is not null ? null : new CloudEvent
        {
            Id = id!,
            Source = source!,
            Type = type!,
            Subject = subject,
            Time = time,
            DataContentType = DataContentType,
            DataSchema = dataSchema,
            Extensions = extensions.ToImmutable(),
            Data = data,
        };
    }
}
