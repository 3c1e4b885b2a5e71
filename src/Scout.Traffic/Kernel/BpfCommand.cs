namespace Scout.Traffic.Kernel;

/// <summary>Commands of <c>bpf(2)</c> that Scout uses.</summary>
public enum BpfCommand
{
    MapCreate = 0,
    MapLookup = 1,
    MapUpdate = 2,
    MapDelete = 3,
    MapNextKey = 4,
    ProgLoad = 5,
    ProgAttach = 8,
    ProgDetach = 9,
    ProgTestRun = 10,
    ProgGetFdById = 13,
    ObjGetInfoByFd = 15,
    MapLookupBatch = 24,
    LinkCreate = 28,
    EnableStats = 32,
}
