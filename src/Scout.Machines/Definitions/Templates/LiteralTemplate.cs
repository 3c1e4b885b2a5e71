namespace Scout.Machines.Definitions.Templates;

/// <summary>Nothing to expand.</summary>
internal sealed class LiteralTemplate(string source) : TextTemplate
{
    public override string Source => source;

    public override bool IsLiteral => true;

    public override bool TryExpand(TemplateScope scope, out string value, out string? error)
    {
        value = source;
        error = null;
        return true;
    }
}
