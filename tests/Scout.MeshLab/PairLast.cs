using Xunit.Sdk;
using Xunit.v3;

namespace Scout.MeshLab;

/// <summary>The pair that is measured needs time, and gets it while the others are tested.</summary>
public sealed class PairLast : ITestCaseOrderer
{
    public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases)
        where TTestCase : notnull, ITestCase =>
        [.. testCases.OrderBy(one => one.TestCaseDisplayName.Contains("A_pair", StringComparison.Ordinal))];
}
