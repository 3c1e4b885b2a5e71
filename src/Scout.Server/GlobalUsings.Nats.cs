// The one file to change when NATS.Net takes the place of our client (docs/decisions).
global using Scout.Nats;
