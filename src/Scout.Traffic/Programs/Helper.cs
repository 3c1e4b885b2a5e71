namespace Scout.Traffic.Programs;

/// <summary>The kernel's functions that the programs call.</summary>
internal enum Helper
{
    MapLookup = 1,
    MapUpdate = 2,
    LoadBytes = 26,
    CgroupId = 79,
}
