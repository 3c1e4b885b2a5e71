using System.Reflection;

namespace Scout.Server.Life;

/// <summary>Which build this is.</summary>
internal static class Product
{
    /// <summary><c>0.1.0</c>; without the commit that the build may add.</summary>
    public static string Version { get; } = Plain(typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0");

    private static string Plain(string version) => version.Split('+')[0];
}
