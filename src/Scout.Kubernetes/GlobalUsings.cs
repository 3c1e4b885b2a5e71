// Objects are immutable and full of small lists.
global using System.Collections.Immutable;
