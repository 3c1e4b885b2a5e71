using System.Globalization;
using Scout.Cli.Rendering;
using Scout.Protocol.Streams;

namespace Scout.Cli.Views;

/// <summary>A stream as Scout wants it.</summary>
internal sealed record StreamRow(StreamDefinition Stream)
{
    public static View<StreamRow> View { get; } = new()
    {
        Columns =
        [
            new("STREAM", (row, _) => row.Stream.Name),
            new("SUBJECTS", (row, _) => row.Stream.Source is { } source ? $"{source.FilterSubject} of {source.Stream}" : string.Join(' ', row.Stream.Subjects)),
            new("AGE", (row, _) => row.Stream.MaxAge == TimeSpan.Zero ? "-" : Ages.Took(row.Stream.MaxAge)),
            new("MIB", (row, _) => (row.Stream.MaxBytes / (1024 * 1024)).ToString(CultureInfo.InvariantCulture)),
            new("MESSAGE KIB", (row, _) => (row.Stream.MaxMessageSize / 1024).ToString(CultureInfo.InvariantCulture)),
            new("A SUBJECT", (row, _) => row.Stream.MaxMessagesPerSubject < 0 ? "-" : row.Stream.MaxMessagesPerSubject.ToString(CultureInfo.InvariantCulture)),
        ],
        Json = (writer, row) => StreamConfigJson.Write(row.Stream, 2, 10).WriteTo(writer),
        Name = row => row.Stream.Name,
    };
}
