using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Scout.Machines.Definitions.Templates;

/// <summary>Paths into JSON: steps apart by dots, <c>\.</c> is a dot of the key, digits index lists.</summary>
internal static class TemplatePath
{
    /// <summary>False when a step is empty.</summary>
    public static bool TrySplit(string path, out List<string> steps)
    {
        steps = [];
        var step = new StringBuilder();
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] == '\\' && i + 1 < path.Length && path[i + 1] == '.')
            {
                step.Append('.');
                i++;
            }
            else if (path[i] == '.')
            {
                if (step.Length == 0) return false;
                steps.Add(step.ToString());
                step.Clear();
            }
            else
            {
                step.Append(path[i]);
            }
        }

        steps.Add(step.ToString());
        return step.Length > 0;
    }

    /// <summary>False when a step leads nowhere, or to null.</summary>
    public static bool TryFollow(JsonElement from, List<string> steps, int first, out JsonElement found)
    {
        found = from;
        for (int i = first; i < steps.Count; i++)
        {
            if (found.ValueKind == JsonValueKind.Object)
            {
                if (!found.TryGetProperty(steps[i], out found)) return false;
            }
            else if (found.ValueKind == JsonValueKind.Array
                && int.TryParse(steps[i], NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < found.GetArrayLength())
            {
                found = found[index];
            }
            else
            {
                return false;
            }
        }

        return found.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);
    }
}
