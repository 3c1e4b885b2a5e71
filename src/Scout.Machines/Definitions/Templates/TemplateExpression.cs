namespace Scout.Machines.Definitions.Templates;

/// <summary>A parsed piece of a template. Pure, and linear in what it reads.</summary>
internal abstract class TemplateExpression
{
    /// <summary>The value, or why there is none.</summary>
    public abstract bool TryEvaluate(in TemplateScope scope, out TemplateValue value, out string? error);
}

/// <summary>A text between expressions, or an argument written out.</summary>
internal sealed class ConstantExpression(string text) : TemplateExpression
{
    public string Text => text;

    public override bool TryEvaluate(in TemplateScope scope, out TemplateValue value, out string? error)
    {
        value = TemplateValue.Of(text);
        error = null;
        return true;
    }
}
