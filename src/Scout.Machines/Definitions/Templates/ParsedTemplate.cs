using System.Text;

namespace Scout.Machines.Definitions.Templates;

/// <summary>Texts and expressions in turn.</summary>
internal sealed class ParsedTemplate(string source, TemplateExpression[] parts) : TextTemplate
{
    public override string Source => source;

    public override bool IsLiteral => false;

    public override bool TryExpand(TemplateScope scope, out string value, out string? error)
    {
        value = source;
        error = null;
        var text = new StringBuilder();
        foreach (TemplateExpression part in parts)
        {
            if (!part.TryEvaluate(scope, out TemplateValue result, out error)) return false;
            text.Append(result.ToText());
        }

        value = text.ToString();
        return true;
    }
}
