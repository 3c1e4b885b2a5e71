using System.Text.Json;

namespace Scout.Cli.Rendering;

/// <summary>How rows of one kind are shown in every mode.</summary>
internal sealed record View<T>
{
    public required IReadOnlyList<Column<T>> Columns { get; init; }

    /// <summary>Writes the whole row as one JSON value.</summary>
    public required Action<Utf8JsonWriter, T> Json { get; init; }

    /// <summary><c>node/machine</c>, the event id, ...</summary>
    public required Func<T, string> Name { get; init; }

    /// <summary>Said on stderr when a table has no rows; empty for silence.</summary>
    public string WhenEmpty { get; init; } = "";
}
