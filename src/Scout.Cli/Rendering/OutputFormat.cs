namespace Scout.Cli.Rendering;

/// <summary>The value of <c>-o</c>.</summary>
internal enum OutputFormat
{
    Table,
    Wide,
    Json,
    Jsonl,
    Yaml,
    Name,
}
