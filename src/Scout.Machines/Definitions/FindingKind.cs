namespace Scout.Machines.Definitions;

/// <summary>The closed, stable list of kinds (machines.md 1.2 and 11.2).</summary>
public static class FindingKind
{
    public const string Unreadable = "unreadable";
    public const string UnsafePermissions = "unsafe_permissions";
    public const string YamlSyntax = "yaml_syntax";
    public const string TooLarge = "too_large";
    public const string DuplicateKey = "duplicate_key";
    public const string EmptyDefinition = "empty_definition";
    public const string MixedForms = "mixed_forms";
    public const string UnknownKey = "unknown_key";
    public const string MissingKey = "missing_key";
    public const string Conflict = "conflict";
    public const string WrongType = "wrong_type";
    public const string BadValue = "bad_value";
    public const string OutOfRange = "out_of_range";
    public const string BadDuration = "bad_duration";
    public const string BadName = "bad_name";
    public const string UnknownState = "unknown_state";
    public const string UnknownTransition = "unknown_transition";
    public const string UnreachableTransition = "unreachable_transition";
    public const string DuplicateName = "duplicate_name";
    public const string DuplicateMachine = "duplicate_machine";
    public const string UnknownWatcherType = "unknown_watcher_type";
    public const string NotBuilt = "not_built";
    public const string IgnoredKey = "ignored_key";
    public const string BadCommand = "bad_command";
    public const string BadTemplate = "bad_template";
    public const string BadSchedule = "bad_schedule";
    public const string BadTimezone = "bad_timezone";
    public const string DependencyCycle = "dependency_cycle";
    public const string Trap = "trap";

    // Only lint says these (11.2).
    public const string UnreachableState = "unreachable_state";
    public const string DeadEnd = "dead_end";
    public const string NeverFired = "never_fired";
    public const string FiresNothing = "fires_nothing";
    public const string NeverActive = "never_active";
    public const string NoRecovery = "no_recovery";
    public const string Livelock = "livelock";
    public const string ShellSyntax = "shell_syntax";
    public const string SlowTimeout = "slow_timeout";
    public const string UnknownMachine = "unknown_machine";
    public const string NoSemver = "no_semver";
}
