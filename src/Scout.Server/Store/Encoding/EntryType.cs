namespace Scout.Server.Store.Encoding;

/// <summary>Types of entries in a record (server.md section 4). Numbers are on disk and are never reused.</summary>
internal enum EntryType : byte
{
    Open = 1,
    Machine = 2,
    Erase = 3,
    Event = 4,
    Ack = 5,
    Aside = 6,
    Drop = 7,
    Request = 8,

    /// <summary>An event too, with the same body: a row of the audit.</summary>
    Audit = 9,

    /// <summary>Last of a snapshot.</summary>
    End = 10,

    /// <summary>Where an unacknowledged event lies; in snapshots only.</summary>
    Position = 11,

    /// <summary>How many records before this one were not known to be on disk when it was written; absent for none.</summary>
    Unsynced = 12,
}
