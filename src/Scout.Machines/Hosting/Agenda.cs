namespace Scout.Machines.Hosting;

/// <summary>
/// What is due next: one binary heap with one place a machine, which stands there with the earliest of its due times. Equal times go by machine
/// name; the order inside a machine is its own affair. Moving a machine costs O(log n) and no allocation.
/// </summary>
internal sealed class Agenda
{
    private LiveMachine[] heap = new LiveMachine[16];
    private int count;

    /// <summary>The machine that is due first, or null.</summary>
    public LiveMachine? First => count == 0 ? null : heap[0];

    /// <summary>Puts a machine where its due time belongs; out of the agenda when it has none.</summary>
    public void Place(LiveMachine machine, long due)
    {
        if (machine.AgendaPlace >= 0)
        {
            if (due == machine.AgendaDue) return;
            if (due == HostClock.Never)
            {
                Remove(machine);
                return;
            }

            bool later = due > machine.AgendaDue;
            machine.AgendaDue = due;
            if (later) Sink(machine.AgendaPlace);
            else Rise(machine.AgendaPlace);
            return;
        }

        if (due == HostClock.Never) return;
        if (count == heap.Length) Array.Resize(ref heap, count * 2);
        machine.AgendaDue = due;
        Put(machine, count);
        Rise(count++);
    }

    public void Remove(LiveMachine machine)
    {
        int place = machine.AgendaPlace;
        if (place < 0) return;
        machine.AgendaPlace = -1;
        LiveMachine last = heap[--count];
        heap[count] = null!;
        if (place == count) return;
        Put(last, place);
        Sink(place);
        Rise(last.AgendaPlace);
    }

    private void Rise(int place)
    {
        LiveMachine machine = heap[place];
        while (place > 0)
        {
            int parent = (place - 1) / 2;
            if (!Before(machine, heap[parent])) break;
            Put(heap[parent], place);
            place = parent;
        }

        Put(machine, place);
    }

    private void Sink(int place)
    {
        LiveMachine machine = heap[place];
        while (true)
        {
            int child = (2 * place) + 1;
            if (child >= count) break;
            if (child + 1 < count && Before(heap[child + 1], heap[child])) child++;
            if (!Before(heap[child], machine)) break;
            Put(heap[child], place);
            place = child;
        }

        Put(machine, place);
    }

    private void Put(LiveMachine machine, int place)
    {
        heap[place] = machine;
        machine.AgendaPlace = place;
    }

    private static bool Before(LiveMachine a, LiveMachine b) =>
        a.AgendaDue < b.AgendaDue || (a.AgendaDue == b.AgendaDue && string.CompareOrdinal(a.Name, b.Name) < 0);
}
